"""Final states of variants beside each other: equal only where all of them are known to be."""

from collections.abc import Mapping
from dataclasses import replace

from bench.analysis.figures import CellFigures, WorkloadFigures
from bench.judgement import finals
from bench.judgement.cells import cells_of
from bench.judgement.model import CellJudgement
from bench.record.finals import Final
from bench.spec.calls import Call
from bench.spec.variant import HandlerSettings
from tests.analysis import runs
from tests.gate.figures import spoilt, trial_of, with_trials

PART = "consume"


def state(**values: str) -> Final:
    """A state with these digests, of the whole and of each key."""
    return Final(
        digest="".join(f"{k}{v}" for k, v in values.items()), size=len(values), keys=values
    )


UNTOLD = Final(untold="orders has no function state")
SAME = state(a="1", b="2")


def cell(
    name: str, *told: Final | None, invalid: bool = False, completed: bool = True
) -> CellFigures:
    """A cell with a trial for each block: its state, or None where none is asked for."""
    made = runs.cell(name)
    trials = []
    for block, each in enumerate(told, start=1):
        sound = trial_of(made, block, 10.0)
        own: Mapping[str, Final] = {} if each is None else {PART: each}
        trial = replace(sound, record=replace(sound.record, finals=own, completed=completed))
        trials.append(spoilt(trial, "not-steady") if invalid else trial)
    return with_trials(made, trials)


def judged(*cells: CellFigures) -> tuple[CellJudgement, ...]:
    plan = runs.plan([each.cell for each in cells], blocks=2)
    workload = WorkloadFigures(name="w", cells=cells, decisions={})
    return cells_of(workload, cells[0], plan)


def lines(*cells: CellFigures) -> tuple[str, ...]:
    return finals.finals(judged(*cells))


def notices(*cells: CellFigures) -> list[str]:
    return [each.text for each in finals.notices("w", judged(*cells))]


def test_where_no_handler_is_asked_nothing_is_told() -> None:
    assert lines(cell("one", None), cell("two", None)) == ()


def test_one_cell_alone_has_nothing_to_be_held_against() -> None:
    assert lines(cell("one", SAME)) == ()


def test_states_that_are_equal_in_each_block_are_said_to_be() -> None:
    """From one block to the next they may differ: each has messages of its own."""
    other = state(a="3")
    cells = cell("one", SAME, other), cell("two", SAME, other)

    assert lines(*cells) == ("final states equal: one and two, in 2 blocks",)
    assert notices(*cells) == []


def test_states_that_differ_are_told_with_their_first_keys_and_before_all_figures() -> None:
    cells = cell("one", SAME, SAME), cell("two", SAME, state(a="9", b="2", c="3"))

    assert lines(*cells) == (
        "final states differ, against one: two differs in 1 of 2 blocks, first keys a, c, "
        "equal in 1 of 2 blocks",
    )
    assert notices(*cells) == [
        "Under w, from one: two (differs in 1 of 2 blocks, first keys a, c, "
        "equal in 1 of 2 blocks)."
    ]


def test_a_difference_is_told_of_invalid_trials_as_well() -> None:
    """What a host did to their times did nothing to what handlers came to."""
    cells = cell("one", SAME, invalid=True), cell("two", state(a="1"), invalid=True)

    assert lines(*cells)[0].startswith("final states differ")


def test_of_many_keys_the_first_are_named() -> None:
    many, others = (dict.fromkeys("abcde", v) for v in "12")

    line = lines(cell("one", state(**many)), cell("two", state(**others)))[0]

    assert line.endswith("first keys a, b, c …")


def test_where_the_whole_alone_is_kept_it_differs_without_keys() -> None:
    large = replace(SAME, size=5000, keys={}), Final(digest="other", size=5000)

    line = lines(cell("one", large[0]), cell("two", large[1]))[0]

    assert line == "final states differ, against one: two differs in 1 of 1 block"


def test_what_could_not_be_compared_is_not_equal() -> None:
    """Neither told by one of two, nor asked of one of them, nor seen to its end."""
    why = "orders has no function state"
    for cells, told in (
        ((cell("one", SAME, SAME), cell("two", SAME, UNTOLD)), f"n/a in 1 of 2 blocks: {why}"),
        ((cell("one", UNTOLD), cell("two", UNTOLD)), f"n/a in 1 of 1 block: {why}"),
        ((cell("one", SAME), cell("two", None)), "no function of yours is called"),
        ((cell("one", SAME), cell("two", SAME, completed=False)), "the trial broke off"),
        ((cell("one", SAME, SAME), cell("two", SAME)), "not measured in this block"),
    ):
        (line,) = lines(*cells)
        assert line.startswith("final states n/a, against one: two")
        assert line.endswith(told)


def test_two_that_differ_are_told_of_where_the_first_has_no_state() -> None:
    """In one block; in another all are known, and nobody is held against two of them."""
    other = state(a="9", b="2")
    cells = cell("one", UNTOLD, SAME), cell("two", SAME, SAME), cell("three", other, SAME)

    why = "n/a in 1 of 2 blocks: orders has no function state"
    differs = "differs in 1 of 1 block, first keys a"
    assert lines(*cells) == (
        f"final states n/a, against one: two equal in 1 of 2 blocks, {why}; "
        f"three equal in 1 of 2 blocks, {why}",
        f"final states differ, against two: three {differs}",
    )
    assert notices(*cells) == [f"Under w, from two: three ({differs})."]


def test_an_empty_state_differs_from_another_one_in_its_keys() -> None:
    assert finals.unlike(Final(digest="x", size=0), SAME) == ("a", "b")


def calling(cell: CellFigures) -> CellFigures:
    """The same, with a function of a user's that its settings call."""
    call = Call(function="orders:handle", directory="/", digest="")
    handler = HandlerSettings().model_copy(update={"call": call})
    settings = cell.cell.settings.model_copy(update={"handler": handler})
    return replace(cell, cell=replace(cell.cell, settings=settings))


def broken(name: str) -> CellFigures:
    return calling(cell(name, None, None, completed=False))


def test_where_all_trials_broke_off_it_is_said_that_nothing_could_be_compared() -> None:
    """Such trials keep no state, and a report without a line would look as one without a call."""
    assert lines(broken("one"), broken("two"), broken("three")) == (
        "final states n/a, against one: two n/a in 2 of 2 blocks: the trial broke off; "
        "three n/a in 2 of 2 blocks: the trial broke off",
    )
    assert notices(broken("one"), broken("two")) == []
    assert lines(cell("one", None, completed=False), cell("two", None, completed=False)) == ()


def test_a_run_that_was_ended_before_its_trials_compares_nothing() -> None:
    assert lines(calling(cell("one")), calling(cell("two"))) == (
        "final states n/a, against one: two n/a: not measured",
    )


def test_records_of_before_states_were_asked_for_have_no_line() -> None:
    assert lines(calling(cell("one", None)), calling(cell("two", None))) == ()
