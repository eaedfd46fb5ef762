"""How sure, what failed, does it keep up: each branch by a run of known truth."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from bench.core.marks import State
from bench.judgement.boxes import HINT
from bench.judgement.judge import judge
from bench.record.schema import Finding, Level
from tests.judgement.factory import BASE, Cells, Made, judged, run_of, states

HOLDS, DOUBTFUL, FAILS = State.HOLDS, State.DOUBTFUL, State.FAILS
SLOWER = Made(ms=15.0)


@pytest.mark.parametrize(
    ("it", "expected"),
    [
        (SLOWER, (HOLDS, HOLDS, HOLDS)),
        (Made(ms=15.0, slope_share=0.2), (HOLDS, FAILS, FAILS)),
        (Made(ms=15.0, counts={"refused": 7}), (HOLDS, FAILS, FAILS)),
        (Made(ms=15.0, counts={"lost": 7}), (HOLDS, FAILS, HOLDS)),
        (Made(ms=15.0, counts={"lost": -1}), (HOLDS, DOUBTFUL, HOLDS)),
        (Made(ms=15.0, unsampled=True), (HOLDS, HOLDS, DOUBTFUL)),
        (Made(ms=15.0, undrained=True), (HOLDS, DOUBTFUL, HOLDS)),
        (Made(ms=15.0, undrained=True, slope_share=0.2), (HOLDS, FAILS, FAILS)),
        (Made(ms=15.0, wobble=2.0), (DOUBTFUL, HOLDS, HOLDS)),
    ],
)
def test_the_marks_of_the_boxes(it: Made, expected: tuple[State, State, State]) -> None:
    """How sure, what failed, does it keep up; the baseline is sound in each."""
    assert states(judged({"base": BASE, "it": it})) == expected


@pytest.mark.parametrize(
    ("blocks", "changes", "word"),
    [
        (5, {}, "Decided"),
        (4, {}, "A hint, not a decision"),
        (2, {}, "A hint, not a decision"),
        (5, {"quick": True}, "A hint, not a decision"),
    ],
)
def test_fewer_than_five_whole_blocks_decide_nothing(
    blocks: int, changes: Mapping[str, object], word: str
) -> None:
    """Three have an interval, and still fail no build."""
    cells = {"base": Made(blocks=blocks), "it": Made(ms=15.0, blocks=blocks)}

    assert judged(cells, changes=changes).boxes.sure.word == word


def test_one_variant_decides_nothing() -> None:
    """There is nothing that five blocks of it could decide."""
    box = judged({"base": BASE}).boxes.sure

    assert (box.state, box.word) == (State.UNKNOWN, "Nothing was compared")


def test_what_could_still_be_faster_leaves_it_open() -> None:
    """Keeping the baseline is decided only where the others are surely no faster."""
    box = judged({"base": BASE, "it": Made(wobble=1.5)}).boxes.sure

    assert box.word == "Not decided"
    assert box.text.startswith("It may still be faster by more than 10 %, or not. ")


def test_of_many_that_may_be_faster_none_is_named() -> None:
    """A list of names beside "faster" would be taken for a hint."""
    cells = {"base": BASE, **{f"v{n}": Made(wobble=1.5) for n in range(3)}}
    box = judged(cells).boxes.sure

    assert box.text.startswith("3 of 3 variants may still be faster by more than 10 %, or not.")
    assert "v0" not in box.text


@pytest.mark.parametrize(
    ("it", "word"),
    [
        (Made(ms=5.0), "Decided"),
        (Made(ms=5.0, cpu_wobble=2.0), "Faster: decided; its cost: not"),
        (Made(ms=5.0, undrained=True), "Faster: decided, with a doubt"),
    ],
)
def test_what_is_decided_of_a_faster_one_is_not_taken_back(it: Made, word: str) -> None:
    """That its price is open does not make its time so."""
    found = judged({"base": BASE, "it": it})

    assert found.boxes.choose.word == "Take it"
    assert found.boxes.sure.word == word


def test_what_may_not_be_taken_leaves_nothing_open() -> None:
    """However fast a variant that loses messages may be."""
    it = Made(wobble=1.5, counts={"lost": 3})

    assert judged({"base": BASE, "it": it}).boxes.sure.word == "Decided"


def test_an_invalid_run_is_not_to_be_used() -> None:
    """Its baseline is no measure of anything."""
    box = judged({"base": Made(invalid=4), "it": SLOWER}).boxes.sure

    assert (box.state, box.word) == (FAILS, "Do not use")
    assert "baseline cannot be relied on" in box.text


def test_one_invalid_workload_leaves_the_whole_open_and_the_other_decided() -> None:
    """Each workload has an answer of its own."""
    found = judged({"base": BASE, "it": SLOWER}, {"base": Made(invalid=4), "it": SLOWER})
    sure = [workload.boxes.sure.word for workload in found.workloads]

    assert found.boxes.sure.state is not HOLDS
    assert sure == ["Decided", "Do not use"]


def test_a_trial_that_was_left_out_spoils_nothing_else() -> None:
    """It is named as failed, and takes itself out of the pairs alone."""
    cells = {"base": Made(blocks=6), "it": Made(ms=15.0, blocks=6, invalid=1)}
    found = judged(cells)

    assert found.boxes.sure.word == "Decided"
    assert found.boxes.failed.word == "1 trial invalid"


@pytest.mark.parametrize("code", ["generator-saturated", "counts-disagree", "not-steady"])
def test_a_grave_doubt_of_a_valid_trial_decides_nothing(code: str) -> None:
    """It need not touch all cells alike, so pairing does not take it out."""
    run = run_of({"base": BASE, "it": SLOWER})
    finding = Finding(level=Level.WARNING, code=code, text="It is.")
    (workload,) = run.workloads
    first, *rest = workload.cells
    trial = first.trials[0]
    warned = replace(trial, record=replace(trial.record, findings=(finding,)))
    cells = (replace(first, trials=(warned, *first.trials[1:])), *rest)
    found = judge(replace(run, workloads=(replace(workload, cells=cells),)))

    assert found.boxes.sure.word == "A hint, not a decision"
    assert code in found.boxes.sure.text


@pytest.mark.parametrize(
    ("it", "word"),
    [
        (Made(), "Nothing"),
        (Made(counts={"refused": 7}), "7 messages refused"),
        (Made(slope_share=0.2), "1 cell falls behind"),
        (Made(invalid=1), "1 trial invalid"),
        (Made(counts={"lost": -1}), "Perhaps messages lost"),
    ],
)
def test_what_failed_is_counted(it: Made, word: str) -> None:
    """By its name."""
    assert judged({"base": BASE, "it": it}).boxes.failed.word == word


def test_the_account_of_what_failed_names_every_message() -> None:
    """Valid trials, messages due, lost, and what came twice by either account."""
    it = Made(counts={"lost": 3, "redelivered": 5, "duplicates": 2})
    text = judged({"base": BASE, "it": it}).boxes.failed.text

    assert text.startswith("10 of 10 trials valid; ")
    assert ", 3 lost, 5 twice. No goals were set." in text


def test_a_missing_trial_is_not_nothing() -> None:
    """What was planned and not measured may have failed."""
    run = run_of({"base": BASE, "it": SLOWER})
    box = judge(replace(run, missing=(run.plan.trials[-1].id,))).boxes.failed

    assert (box.state, box.word) == (DOUBTFUL, "1 trial missing")


@pytest.mark.parametrize(
    ("cells", "word"),
    [
        ({"base": BASE}, "The one cell"),
        ({"base": BASE, "it": SLOWER}, "All 2 cells"),
        ({"base": BASE, "it": Made(slope_share=0.2)}, "1 of 2 falls behind"),
        ({"base": BASE, "it": Made(counts={"refused": 7})}, "1 of 2 does not take all"),
        ({"base": BASE, "it": Made(unsampled=True)}, "1 of 2 not told"),
        ({"base": Made(unsampled=True)}, "Not told"),
    ],
)
def test_how_many_keep_up(cells: Cells, word: str) -> None:
    """Who refuses messages does not keep up with what is offered either."""
    box = judged(cells).boxes.keeps_up

    assert box.word == word
    assert "msg/s" in box.text
    assert box.text.endswith("How much more they would carry was not sought.")


def test_cells_that_nothing_was_told_of_are_no_equal_cells() -> None:
    """How large a difference may be there is what a reader must know then."""
    coarse = judged({"base": BASE, "it": Made(wobble=40.0)}).boxes.sure
    fine = judged({"base": BASE, "it": BASE}).boxes.sure

    assert " may be there, and were not seen." in coarse.text
    assert "were not seen" not in fine.text


def test_nothing_found_is_no_hint() -> None:
    """Too few blocks in which nothing stood out: of what would it be one?"""
    few = {"base": Made(blocks=2), "it": Made(blocks=2)}

    assert judged(few).boxes.sure.word == "Not decided"
    assert judged({**few, "it": Made(ms=15.0, blocks=2)}).boxes.sure.word == HINT


def test_a_doubt_that_is_a_reason_is_named_once() -> None:
    text = judged({"base": Made(blocks=2), "it": Made(blocks=2)}).boxes.sure.text

    assert text.count("Steadiness") <= 1
    assert " of " not in text.split("checks hold")[0].rsplit(".", 2)[-1]


def test_who_refuses_does_not_hide_of_whom_nothing_is_told() -> None:
    box = judged(
        {"base": BASE, "it": Made(counts={"refused": 7}), "other": Made(unsampled=True)}
    ).boxes.keeps_up

    assert box.word == "1 of 3 does not take all and 1 not told"
    assert "it and other" in box.text


def test_knowing_less_makes_no_difference_smaller() -> None:
    """Of a cell that lacks a figure in some trial nothing bounds what may be there."""
    text = judged({"base": Made(blocks=2), "it": Made(blocks=1)}).boxes.sure.text

    assert "difference of any size may be there, and was not seen." in text
