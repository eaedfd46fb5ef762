"""Validity by cell and pair, and what to measure again (MEASUREMENT.md R12)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from bench.analysis.figures import CellFigures, WorkloadFigures
from bench.analysis.validity import (
    Trials,
    reproach_of,
    reproach_of_workload,
    to_repeat,
    trials_of,
    whole_blocks,
)
from bench.record.schema import Finding, Level
from tests.gate.figures import run_of

GOOD = (1.0, 1.0, 1.0, 1.0, 1.0)
FIRST = (None, 1.0, 1.0, 1.0, 1.0)
SECOND = (1.0, None, 1.0, 1.0, 1.0)
TWO = (None, None, 1.0, 1.0, 1.0)


def workload(**cells: Sequence[float | None]) -> WorkloadFigures:
    """One workload of these cells; the first is the baseline."""
    return run_of(cells).workloads[0]


def test_a_pair_is_whole_where_both_cells_are_valid() -> None:
    """Block 1 lacks one, block 2 the other: three of five are left."""
    assert whole_blocks(workload(a=FIRST, b=SECOND).cells) == {3, 4, 5}


def test_a_trial_that_was_not_measured_yet_is_neither_valid_nor_invalid() -> None:
    """An interrupted run has nothing to be ashamed of."""
    made = workload(a=(1.0, 1.0, 1.0), b=(1.0, 1.0))

    assert trials_of(made.cells[1]) == Trials(valid=2, invalid=0)
    assert to_repeat(made, "", 3) == {}


def test_a_trial_that_the_hypervisor_took_stands_apart() -> None:
    """It says nothing about what was measured in it; another fault does."""
    cell = workload(a=(None, None, None, 1.0)).cells[0]
    marked = with_reasons(cell, {1: "cpu-steal", 2: "cpu-steal", 3: "loop-stalled"})

    assert trials_of(marked) == Trials(valid=1, invalid=1, robbed=2)


def with_reasons(cell: CellFigures, why: Mapping[int, str]) -> CellFigures:
    """The cell with these findings in its invalid trials, by block."""
    trials = []
    for trial in cell.trials:
        code = why.get(trial.record.block)
        record = trial.record
        if code is not None:
            finding = Finding(level=Level.INVALID, code=code, text="because")
            record = replace(record, findings=(finding,))
        trials.append(replace(trial, record=record))
    return replace(cell, trials=tuple(trials))


@pytest.mark.parametrize(
    ("cells", "repeated"),
    [
        ({"a": GOOD, "b": GOOD, "c": GOOD}, {}),
        # One cell lacks one: it and its baseline again, and not the third.
        ({"a": GOOD, "b": FIRST, "c": GOOD}, {"a": 1, "b": 1}),
        # Two lack one each, in different blocks: one further block holds both.
        ({"a": GOOD, "b": FIRST, "c": SECOND}, {"a": 1, "b": 1, "c": 1}),
        # The baseline lacks one, and so does every pair.
        ({"a": FIRST, "b": GOOD, "c": GOOD}, {"a": 1, "b": 1, "c": 1}),
        # The pair of b lacks two, for the baseline lacks another block than b itself.
        ({"a": FIRST, "b": SECOND, "c": GOOD}, {"a": 2, "b": 2, "c": 1}),
        # Two of seven would be invalid: more than a fifth, so that cell is not tried again.
        (dict.fromkeys("acdef", GOOD) | {"b": TWO}, {}),
        (dict.fromkeys("acdef", GOOD) | {"b": TWO, "g": FIRST}, {"a": 1, "g": 1}),
        # Without its baseline a workload says nothing, and nothing is repeated.
        ({"a": TWO, "b": FIRST, "c": GOOD}, {}),
        # Has been repeated already: five of six.
        ({"a": (*GOOD, 1.0), "b": (*FIRST, 1.0)}, {}),
    ],
)
def test_only_what_is_missing_is_measured_again(
    cells: Mapping[str, Sequence[float | None]], repeated: Mapping[str, int]
) -> None:
    """One bad trial of thirteen cells must not cost the other twelve theirs."""
    assert to_repeat(workload(**cells), "pull-batch/a", 5) == repeated


def test_a_quick_look_repeats_nothing() -> None:
    """One of two would have been invalid."""
    assert to_repeat(workload(a=(1.0,), b=(None,)), "", 1) == {}


@pytest.mark.parametrize(
    ("trials", "reproach"),
    [
        (Trials(valid=4, invalid=1), ""),
        (Trials(valid=3, invalid=1), "1 of 4 trials invalid; more than 20 %"),
        (Trials(valid=3, invalid=0, robbed=3), ""),
        (
            Trials(valid=3, invalid=0, robbed=4),
            "the hypervisor took 4 of 7 trials; more than 50 %",
        ),
        (Trials(valid=0, invalid=2), "none of 2 trials is valid"),
        (Trials(valid=0, invalid=0), ""),
    ],
)
def test_too_many_spoilt_trials_reproach_the_others(trials: Trials, reproach: str) -> None:
    """Beyond a fifth the cause has probably touched the others; beyond half the host is no host."""
    assert trials.reproach.startswith(reproach)
    assert bool(trials.reproach) is bool(reproach)


@pytest.mark.parametrize(
    ("trials", "more", "hopeless"),
    [
        (Trials(valid=4, invalid=1), 1, False),  # one of six will have been invalid
        (Trials(valid=3, invalid=2), 2, True),  # two of seven would be: more than 20 %
        (Trials(valid=8, invalid=2), 2, False),  # two of twelve
        (Trials(valid=7, invalid=3), 3, True),  # three of thirteen
        (Trials(valid=2, invalid=0, robbed=5), 3, False),  # five of ten: half
        (Trials(valid=2, invalid=0, robbed=6), 3, True),  # six of nine
        (Trials(valid=3, invalid=1, robbed=1), 2, False),  # one of six invalid, one of seven taken
    ],
)
def test_a_cell_is_tried_again_only_while_it_can_still_be_trusted(
    trials: Trials, more: int, *, hopeless: bool
) -> None:
    """Repeating until it works would hide what cannot be measured."""
    assert trials.hopeless(more) is hopeless


def test_one_invalid_cell_of_many_is_invalid_by_itself() -> None:
    """One of five is 20 %: the other four stand. One of four is 25 %, and nothing stands."""
    six = workload(**dict.fromkeys("acdef", GOOD), b=TWO)
    five = workload(**dict.fromkeys("acde", GOOD), b=TWO)
    four = workload(**dict.fromkeys("acd", GOOD), b=TWO)

    assert reproach_of(six.cells[5]).startswith("pull-batch/b: 2 of 5 trials invalid")
    assert reproach_of_workload(six, "pull-batch/a") == ""
    assert reproach_of_workload(five, "pull-batch/a") == ""
    assert reproach_of_workload(four, "pull-batch/a").startswith("1 of 4 cells are invalid")


def test_without_its_baseline_a_workload_says_nothing() -> None:
    """All is compared with it."""
    six = workload(**dict.fromkeys("acdef", GOOD), b=TWO)

    assert reproach_of_workload(six, "pull-batch/b").startswith("the baseline cannot be relied on")


def test_no_cells_have_no_whole_block() -> None:
    """Not all blocks that there are, and no error either."""
    assert whole_blocks([]) == frozenset()


def test_one_trial_is_written_as_one() -> None:
    """The reproach is a sentence of the report."""
    assert Trials(valid=0, invalid=1).reproach == "none of 1 trial is valid"


def test_the_baseline_that_the_plan_names_stands_beside_what_is_repeated() -> None:
    """It is the second cell here; against the first, c would be measured again as well."""
    made = workload(b=FIRST, a=GOOD, c=GOOD)

    assert to_repeat(made, "pull-batch/a", 5) == {"b": 1, "a": 1}


def test_nothing_is_repeated_beside_a_named_baseline_that_cannot_be_relied_on() -> None:
    """Three of its ten trials are invalid, so the workload says nothing.

    Eight more would bring them under a fifth: as many as the pair with b lacks, five of whose
    trials the hypervisor took.
    """
    ten = (1.0,) * 10
    made = workload(b=ten[:3] + (None,) * 5 + ten[:2], a=(None,) * 3 + ten[:7], c=ten, d=ten, e=ten)
    robbed = with_reasons(made.cells[0], dict.fromkeys(range(4, 9), "cpu-steal"))
    made = replace(made, cells=(robbed, *made.cells[1:]))

    assert to_repeat(made, "pull-batch/a", 10) == {}
    assert reproach_of(robbed) == ""
