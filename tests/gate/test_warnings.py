"""What a verdict says beside its outcomes: one sentence, and what to know before relying on it."""

from dataclasses import replace

import pytest

from bench.analysis.figures import RunFigures
from bench.core.errors import ExitCode, UsageError
from bench.gate.verdict import Sides, exit_code, judge
from bench.plan.model import VariantName
from bench.stats.compare import Verdict
from tests.gate.figures import BASELINE, Blocks, counting, gates, run_of, with_trials
from tests.gate.outcomes import OUTCOMES, result_of

STEADY = (10.0, 10.1, 9.9, 10.05, 9.95)
SLOWER = (12.0, 12.1, 11.9, 12.05, 11.95)
RULE = "p99 vs baseline <= +10%"
SIDES = Sides(baseline=BASELINE)


def warnings_of(figures: RunFigures, *rules: str) -> tuple[str, ...]:
    return judge(figures, gates(*rules), SIDES).warnings


def run(new: Blocks, old: Blocks = STEADY, *, planned: int = 3) -> RunFigures:
    """More blocks than were planned, so that nothing waits to be confirmed."""
    return run_of({"old": old, "new": new}, planned=planned)


@pytest.mark.parametrize(
    ("margin", "visible", "relative", "blind"),
    [
        (0.10, 0.11, True, True),
        (0.10, 0.10, True, False),
        (-0.10, 0.11, True, True),  # of a figure that is better high
        (0.10, 0.11, False, False),  # a share and a difference in the unit cannot be compared
        (None, 0.11, True, False),
        (0.10, None, True, False),
    ],
)
def test_a_gate_is_blind_where_its_margin_is_below_what_shows(
    margin: float | None, visible: float | None, relative: bool, blind: bool
) -> None:
    """A rule without a baseline has no margin, and cannot be blind in that way."""
    outcome = replace(OUTCOMES[0], margin=margin, smallest_visible=visible, relative=relative)

    assert outcome.blind is blind


def test_a_sound_verdict_warns_of_nothing() -> None:
    """Who is warned each time reads no warning."""
    assert warnings_of(run(STEADY), RULE) == ()


def test_shortened_phases_are_warned_of() -> None:
    """Five seconds of window are none of the hours that a decision is for."""
    figures = run(STEADY)
    quick = replace(figures, plan=replace(figures.plan, quick=True))

    assert warnings_of(quick, RULE) == (
        "The phases were shortened (--quick): this is a look, not evidence for a decision.",
    )


@pytest.mark.parametrize(
    ("missing", "words"),
    [(("a",), "1 planned trial of 6 has no record"), (("a", "b"), "2 planned trials of 6 have no")],
)
def test_trials_without_a_record_are_warned_of(missing: tuple[str, ...], words: str) -> None:
    """A run that was interrupted, of two cells in three planned blocks."""
    (warning,) = warnings_of(replace(run(STEADY), missing=missing), RULE)

    assert warning.startswith(words)
    assert "`jetbench run --resume made-up-1` measures the rest" in warning


@pytest.mark.parametrize(("blocks", "warned"), [(4, 1), (5, 0)])
def test_blocks_too_few_to_fail_are_warned_of(blocks: int, warned: int) -> None:
    """Four pass what five would have failed; a count fails by a single one and is not meant."""
    figures = run(STEADY[:blocks], STEADY[:blocks])

    found = warnings_of(figures, RULE, "lost == 0")

    assert (
        found == ("4 valid blocks can show a difference but fail nothing; that takes 5.",) * warned
    )


def test_the_fewest_blocks_are_those_warned_of() -> None:
    """Three trials of the candidate tell no rate."""
    figures = run(STEADY[:4], STEADY[:4])
    (workload,) = figures.workloads
    old, new = workload.cells
    silent = with_trials(new.cell, [replace(new.trials[0], rates={}), *new.trials[1:]])
    figures = replace(figures, workloads=(replace(workload, cells=(old, silent)),))

    found = warnings_of(figures, RULE, "acked_rate vs baseline >= -10%")

    assert found[0].startswith("3 valid blocks can show")


@pytest.mark.parametrize(("planned", "warned"), [(5, False), (6, True), (7, True)])
def test_a_red_on_no_more_than_the_screen_is_called_unconfirmed(planned: int, warned: bool) -> None:
    """Six blocks of six that were planned are one look; with the sixth of five begins another."""
    figures = run((*SLOWER, 12.0), (*STEADY, 10.0), planned=planned)

    found = judge(figures, gates(RULE), SIDES)

    assert found.verdict is Verdict.FAIL
    assert any("red on 6 blocks, and not confirmed" in each for each in found.warnings) is warned


def test_a_red_that_is_no_chance_needs_no_confirming() -> None:
    """A message that was lost is lost."""
    figures = run(STEADY, planned=5)
    (workload,) = figures.workloads
    old, new = workload.cells
    losing = with_trials(new.cell, [counting(new.trials[0], lost=1), *new.trials[1:]])
    figures = replace(figures, workloads=(replace(workload, cells=(old, losing)),))

    assert judge(figures, gates("lost == 0"), SIDES).verdict is Verdict.FAIL
    assert warnings_of(figures, "lost == 0") == ()


@pytest.mark.parametrize(
    ("rules", "sentence"),
    [
        ((RULE,), "The goal is kept."),
        ((RULE, "p99 < 20ms"), "All 2 goals are kept."),
        (("p99 < 1ms",), "1 of 1 goal missed: end_to_end_p99 < 1ms under small-events: "),
        (
            ("p99 < 20ms", "p99 < 2ms", "p99 < 1ms"),
            "2 of 3 goals missed: end_to_end_p99 < 2ms under small-events: ",
        ),
    ],
)
def test_the_sentence_counts_the_worst_and_names_the_first(
    rules: tuple[str, ...], sentence: str
) -> None:
    """Of gates that are as bad the one that stands first in the file."""
    found = judge(run(STEADY, planned=5), gates(*rules), SIDES).sentence

    assert found.startswith(sentence)
    assert found.endswith(".")


def test_outcomes_are_counted_by_their_verdict() -> None:
    """One of each by hand, and the broken one twice."""
    result = result_of(OUTCOMES[0], *OUTCOMES)

    assert [result.count(verdict) for verdict in Verdict] == [1, 2, 1, 1]


def test_only_what_is_inconclusive_may_be_told_to_pass() -> None:
    """A fail beside it stays one."""
    unsure, failed = result_of(OUTCOMES[2]), result_of(OUTCOMES[0], OUTCOMES[2])

    assert exit_code(unsure, inconclusive_fails=True) is ExitCode.INCONCLUSIVE
    assert exit_code(unsure, inconclusive_fails=False) is ExitCode.OK
    assert exit_code(failed, inconclusive_fails=False) is ExitCode.FAILED


def test_what_a_verdict_is_of_stands_in_it() -> None:
    """Who finds gate.json alone must know which run and which rules it is about."""
    rules = replace(gates(RULE), description="No slower than before.")

    found = judge(run(STEADY), rules, SIDES)

    assert (found.schema_version, found.run_id, found.gates_file, found.description) == (
        1,
        "made-up-1",
        "gates.yaml",
        "No slower than before.",
    )
    assert found.quick is False


def test_rules_for_no_workload_at_all_are_no_mistake() -> None:
    """A name under which nothing stands asks for nothing."""
    rules = gates(RULE, own={"other": []})

    assert judge(run(STEADY), rules, SIDES).verdict is Verdict.PASS


def test_a_workload_unlike_any_measured_is_told_with_those_that_were() -> None:
    """Without a near name there is nothing to suggest."""
    figures = run_of({"old": STEADY}, workloads=("bursts", "steady"))

    with pytest.raises(UsageError) as raised:
        judge(figures, gates(own={"xylophones": ["lost == 0"]}), Sides(baseline=None))

    assert str(raised.value) == (
        "gates.yaml: workloads.xylophones: this run has no such workload; it has bursts, steady"
    )


def test_a_cell_is_a_candidate_and_a_baseline_by_any_of_its_names() -> None:
    """Variants of the same settings are one cell; the config that is asked about has its own."""
    figures = run_of({"old": STEADY, "new": STEADY})
    (workload,) = figures.workloads
    usual, other = (VariantName(config="acks", variant=name) for name in ("usual", "other"))
    old, new = (
        replace(cell, cell=replace(cell.cell, variants=(*cell.cell.variants, name)))
        for cell, name in zip(workload.cells, (usual, other), strict=True)
    )
    figures = replace(figures, workloads=(replace(workload, cells=(old, new)),))

    (outcome,) = judge(figures, gates(RULE), Sides(baseline=usual, candidates=(other,))).outcomes

    assert (outcome.baseline, outcome.candidate) == ("pull-batch/old", "pull-batch/new")
