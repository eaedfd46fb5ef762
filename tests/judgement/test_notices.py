"""What a reader must know before the figures."""

from dataclasses import replace

import pytest

from bench.judgement.judge import judge
from tests.judgement.factory import BASE, Made, judged, run_of
from tests.report.factory import run_figures


@pytest.mark.parametrize(
    ("it", "word"),
    [
        (Made(counts={"refused": 7}), "Messages fell short"),
        (Made(counts={"lost": -1}), "Perhaps lost"),
        (Made(invalid=1), "1 invalid trial"),
    ],
)
def test_what_befell_a_cell_is_a_notice(it: Made, word: str) -> None:
    """No figure of a time shows it."""
    assert word in [notice.word for notice in judged({"base": BASE, "it": it}).notices]


def test_a_sound_run_has_none() -> None:
    """A notice that always stands is not read."""
    assert judged({"base": BASE, "it": Made()}).notices == ()


def test_an_invalid_cell_and_an_invalid_workload_are_named() -> None:
    """Nothing should be concluded from them."""
    cells = {f"c{number}": Made() for number in range(6)}
    one = judged({"base": BASE, **cells, "it": Made(invalid=4)})
    all_ = judged({"base": Made(invalid=4), "it": Made()})

    assert "Invalid cell" in [notice.word for notice in one.notices]
    assert "Invalid workload" in [notice.word for notice in all_.notices]


@pytest.mark.parametrize("blocks", [2, 4])
def test_a_quick_look_says_so(blocks: int) -> None:
    """And that below three blocks all may be chance."""
    found = judged({"base": Made(blocks=blocks), "it": Made(blocks=blocks)})
    (notice,) = [each for each in found.notices if each.word == "A quick look"]

    assert f"it has {blocks} blocks where 5 are due" in notice.text
    assert ("with equal settings too, two blocks agree half of the time" in notice.text) is (
        blocks < 3
    )


def test_one_block_has_no_other_to_agree_with() -> None:
    """Halves and coins are words for two blocks."""
    found = judged({"base": Made(blocks=1), "it": Made(blocks=1)})
    (notice,) = [each for each in found.notices if each.word == "A quick look"]

    assert "one block has no other to agree with" in notice.text
    assert "half of the time" not in notice.text


def test_a_missing_trial_comes_with_the_command_that_measures_it() -> None:
    """Nobody should have to look it up."""
    run = run_of({"base": BASE, "it": Made()})
    found = judge(replace(run, missing=(run.plan.trials[0].id,)))

    assert any("jetbench run --resume made-up-1" in notice.text for notice in found.notices)


def test_why_cells_are_ranked_by_completion_and_what_warns_is_said() -> None:
    """Both stand in the usual made-up run."""
    words = [notice.word for notice in judge(run_figures()).notices]

    assert "By completion" in words
    assert "Warnings in 10 of 69 trials" in words
