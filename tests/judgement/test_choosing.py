"""What to choose, by runs whose truth is known."""

import pytest

from tests.judgement.factory import BASE, Cells, Made, judged

FASTER, SLOWER = Made(ms=5.0), Made(ms=15.0)


def chosen(*workloads: Cells) -> tuple[str, str]:
    box = judged(*workloads).boxes.choose
    return box.word, box.text


@pytest.mark.parametrize(
    ("workloads", "word"),
    [
        ([{"base": BASE, "it": SLOWER}], "Keep the baseline"),
        ([{"base": BASE, "it": Made()}], "Keep the baseline"),
        ([{"base": BASE, "it": FASTER}], "Take it"),
        ([{"base": BASE, "it": FASTER}, {"base": BASE, "it": Made()}], "Take it"),
        (
            [{"base": BASE, "it": FASTER}, {"base": BASE, "it": SLOWER}],
            "Depends on the workload",
        ),
        ([{"base": BASE, "it": Made(ms=5.0, cpu_us=200.0)}], "Depends on what counts"),
        ([{"base": BASE, "it": Made(ms=5.0, counts={"lost": 1})}], "Keep the baseline"),
        (
            [{"base": BASE, "it": FASTER}, {"base": BASE, "it": Made(slope_share=0.2)}],
            "Depends on the workload",
        ),
        ([{"base": BASE, "it": Made(ms=5.0, counts={"lost": -1})}], "Depends on what counts"),
        ([{"base": BASE, "it": Made(ms=5.0, counts={"refused": -1})}], "Depends on what counts"),
        (
            [{"base": BASE, "it": FASTER}, {"base": BASE, "it": Made(counts={"lost": -1})}],
            "Depends on the workload",
        ),
        ([{"base": BASE}], "Nothing to choose"),
        ([{"base": Made(slope_share=0.2), "it": Made()}], "Not the baseline"),
        ([{"base": Made(counts={"lost": 1}), "it": Made(slope_share=0.2)}], "Nothing to choose"),
        ([{"base": Made(invalid=4), "it": FASTER}], "Nothing to choose"),
    ],
)
def test_the_choice_follows_the_truth(workloads: list[Cells], word: str) -> None:
    """One row for each rule."""
    assert chosen(*workloads)[0] == word


def test_a_hint_chooses_nothing() -> None:
    """Of two blocks equal settings agree half of the time; with five variants one surely does."""
    word, text = chosen({"base": Made(blocks=2), "it": Made(ms=5.0, blocks=2)})

    assert word == "Keep the baseline"
    assert "it was 2 of 2 faster under w1: no more than a hint" in text


def test_a_variant_must_contend_under_every_workload() -> None:
    """An invalid workload tells nothing, so nobody is taken by the other one alone."""
    spoilt = {"base": Made(invalid=4), "it": FASTER}

    assert chosen({"base": BASE, "it": FASTER}, spoilt)[0] != "Take it"


def test_the_price_of_what_is_taken_is_said() -> None:
    """Faster, and perhaps dearer: the reader pays for it."""
    _, text = chosen({"base": BASE, "it": FASTER})

    assert text.startswith("pull.batch 51, not 50: 50 % faster under w1. ")
    assert "Server CPU per message" in text


def test_a_price_that_nobody_can_read_is_called_unknown() -> None:
    """A server on another host."""
    unread = Made(cpu_us=None)
    word, text = chosen({"base": unread, "it": Made(ms=5.0, cpu_us=None)})

    assert word == "Take it"
    assert "is not known" in text


def test_those_that_cannot_be_told_from_it_are_named() -> None:
    """The shortest mean of several is a rank, not a proof."""
    _, text = chosen({"base": BASE, "one": Made(ms=5.0), "two": Made(ms=5.01)})

    assert "Perhaps as good, for the blocks do not tell them apart: " in text


def test_what_never_acknowledges_is_not_taken_without_saying_so() -> None:
    """It is fast because what a consumer drops never comes again."""
    settings = {"ack": {"timing": "none"}, "consumer": {"ack_policy": "none"}}
    found = judged({"base": BASE, "it": Made(ms=5.0, settings=settings)})

    assert found.boxes.choose.word != "Take it" or "never comes again" in found.boxes.choose.text
    assert found.boxes.sure.word != "Decided"


def test_why_the_baseline_is_not_to_be_kept_is_said() -> None:
    """And who had none of that."""
    word, text = chosen({"base": Made(counts={"refused": 7}), "it": Made()})

    assert word == "Not the baseline"
    assert text == "The baseline, base under w1: 7 messages refused. Not so: it."


def test_the_doubt_of_a_kept_baseline_is_said() -> None:
    """Nobody should hear "keep it" where it may have lost messages."""
    _, text = chosen({"base": Made(counts={"lost": -1}), "it": SLOWER})

    assert "nobody can tell" in text


def test_a_faster_one_of_which_nobody_can_tell_is_not_taken_and_leaves_it_open() -> None:
    """It may be faster for what it leaves out: a check that was not made is none that holds."""
    found = judged({"base": BASE, "it": Made(ms=5.0, counts={"lost": -1})}).boxes

    assert found.choose.text == (
        "it is 50 % faster under w1, but whether messages were lost nobody can tell under w1."
    )
    assert found.sure.word == "Not decided"
    assert "of it under w1: whether messages were lost nobody can tell" in found.sure.text.lower()
