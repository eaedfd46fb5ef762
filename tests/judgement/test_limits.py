"""What limits each cell, and what its handlers suggest, in words."""

from dataclasses import replace

from bench.analysis.figures import CellFigures, Diagnosis, Limit, WorkloadFigures
from bench.core.units import NS_PER_MS
from bench.judgement.cells import cells_of
from bench.judgement.limits import limits
from bench.judgement.model import CellJudgement
from bench.judgement.suggestions import suggestions
from bench.record.schema import Handling
from bench.spec.variant import Settings
from tests.analysis import runs
from tests.gate.figures import spoilt, trial_of, with_trials

KNOBS = {Limit.ACKS: "consumer.max_ack_pending"}


def cell(name: str, *found: Limit, spoils: int | None = None, handler_ms: int = 20) -> CellFigures:
    """A cell with a trial for each of these, one of which may be invalid."""
    made = runs.cell(name)
    part = made.cast.observing[0].name
    hands = Handling(
        workers=10,
        busy_share=0.5,
        handler_ns_mean=handler_ms * NS_PER_MS,
        held_ns_mean=handler_ms * NS_PER_MS,
        handler_ns_p99=handler_ms * NS_PER_MS,
    )
    trials = []
    for block, each in enumerate(found, start=1):
        sound = trial_of(made, block, 10.0)
        told = Diagnosis(part=part, limit=each, words="as seen", knob=KNOBS.get(each, ""))
        record = replace(sound.record, handling={part: hands})
        trial = replace(sound, record=record, diagnoses=(told,))
        trials.append(spoilt(trial, "not-steady") if block - 1 == spoils else trial)
    return with_trials(made, trials)


def judged(*cells: CellFigures) -> tuple[CellJudgement, ...]:
    plan = runs.plan([each.cell for each in cells], blocks=2)
    return cells_of(WorkloadFigures(name="w", cells=cells, decisions={}), cells[0], plan)


def test_a_limited_cell_has_its_line_and_the_free_ones_share_one() -> None:
    cells = judged(cell("one", Limit.ACKS), cell("two", Limit.NONE), cell("three", Limit.NONE))

    first, second = limits(cells)

    assert first.endswith(": as seen; turn consumer.max_ack_pending")
    assert first.startswith("ack-budget-limited: ")
    assert second.startswith("not limited: ")
    assert " and " in second


def test_what_limits_cells_alike_is_said_once() -> None:
    """With the name of each; figures that differ stand apart."""
    cells = judged(cell("one", Limit.ACKS), cell("two", Limit.ACKS), cell("three", Limit.HANDLER))

    first, second = limits(cells)

    names = [each.short for each in cells]
    assert first.startswith(f"ack-budget-limited: {names[0]} and {names[1]}: as seen")
    assert second.startswith(f"handler-limited: {names[2]}: as seen")


def test_a_trial_that_is_none_decides_nothing_and_others_are_counted() -> None:
    cells = judged(cell("one", Limit.NONE, Limit.ACKS, Limit.ACKS, spoils=0))

    (line,) = limits(cells)

    assert line.startswith("ack-budget-limited in 2 of 3 trials: ")


def test_settings_are_suggested_once_by_the_longest_handlers() -> None:
    """However many cells there are."""
    (line,) = suggestions(judged(cell("one", Limit.NONE), cell("two", Limit.ACKS, handler_ms=80)))

    assert "T = 80.0 ms" in line
    assert "consume.workers" in line
    assert "= rate × T ÷ 0.8" in line


def test_an_invalid_trial_suggests_nothing() -> None:
    assert suggestions(judged(cell("one", Limit.NONE, spoils=0))) == ()
    assert suggestions(judged(cell("one", Limit.NONE, handler_ms=0))) == ()


def test_no_ack_wait_is_suggested_where_the_server_waits_for_none() -> None:
    """With acks by flow control it would be refused."""
    asked = cell("one", Limit.NONE)
    policy = {"mode": "push", "ack_policy": "flow_control"}
    changed = replace(asked.cell, settings=Settings.model_validate({"consumer": policy}))

    (line,) = suggestions(judged(replace(asked, cell=changed)))

    assert "consumer.max_ack_pending" in line
    assert "consumer.ack_wait" not in line
    assert "consumer.ack_wait" in suggestions(judged(asked))[0]
