"""The one sentence on top, by runs of known truth."""

import pytest

from bench.core.marks import State
from tests.judgement.factory import BASE, Cells, Made, judged

SLOWER = Made(ms=15.0)


def said(*workloads: Cells) -> str:
    return judged(*workloads).headline


def test_the_largest_changes_are_said_the_larger_first() -> None:
    """Two of them, and how many more; whoever wants all reads the table."""
    cells = {"base": BASE, "a": Made(ms=12.0), "b": Made(ms=20.0), "c": Made(ms=30.0)}
    first, second, rest = said(cells).split("; ")

    assert first.startswith("c is ×")
    assert first.endswith(" slower")
    assert second.startswith("b is ")
    assert rest == "1 more change decided"


def test_a_change_of_time_goes_before_one_of_price() -> None:
    """Cells are ranked by time."""
    cells = {"base": BASE, "a": Made(cpu_us=900.0), "b": Made(ms=15.0)}

    assert said(cells).startswith("b is ")


def test_the_workload_is_named_where_there_are_several() -> None:
    """Else it is clear."""
    assert "under" not in said({"base": BASE, "it": SLOWER})
    assert said({"base": BASE, "it": SLOWER}, {"base": BASE, "it": Made()}).endswith(" under w1")


def test_what_is_decided_goes_before_larger_hints() -> None:
    """A hint of ×4 in one workload's two blocks must not hide what five blocks decided."""
    few = {"base": Made(blocks=2), "it": Made(ms=40.0, blocks=2)}
    found = said({"base": BASE, "it": SLOWER}, few)

    assert found.endswith("under w1")
    assert "int" not in found.split(":")[0]


@pytest.mark.parametrize(
    ("others", "start"), [({"a": 13.0}, "Hint: "), ({"a": 13.0, "b": 14.0}, "Two hints: ")]
)
def test_few_blocks_begin_with_a_hint(others: dict[str, float], start: str) -> None:
    """Never with a verdict."""
    cells = {name: Made(ms=ms, blocks=2) for name, ms in others.items()}

    assert said({"base": Made(blocks=2), **cells}).startswith(start)


@pytest.mark.parametrize(
    ("it", "words"),
    [
        (Made(), "No change exceeds 10 %"),
        (Made(ms=13.0, wobble=2.0), "No difference could be shown"),
        (Made(cpu_us=None), "No difference could be shown"),
    ],
)
def test_that_nothing_changes_is_said_only_where_it_is_known(it: Made, words: str) -> None:
    """No evidence of a change is no evidence of none; nor is a price that nobody could read."""
    assert said({"base": BASE, "it": it}) == words


def test_one_variant_has_its_figure_for_a_headline() -> None:
    """There is nothing to compare."""
    assert said({"base": BASE}).startswith("Only pull-batch/base was measured: end-to-end p99 ")


@pytest.mark.parametrize(
    ("it", "start"),
    [
        (Made(ms=5.0, counts={"refused": 20_000}), "it had 2"),
        (Made(ms=5.0, counts={"lost": 1}), "it had 1 lost"),
        (Made(ms=5.0, slope_share=0.2), "it falls behind"),
        (Made(ms=5.0, invalid=3), "Nothing can be concluded of "),
    ],
)
def test_what_went_wrong_goes_before_any_change(it: Made, start: str) -> None:
    """And it is never called faster."""
    found = judged({"base": BASE, "it": it, "other": SLOWER})

    assert found.state is State.FAILS
    assert found.headline.startswith(start)
    assert "it is" not in found.headline


def test_a_large_share_is_written_as_one() -> None:
    """A third of all messages says more than their number."""
    found = said({"base": BASE, "it": Made(blocks=1, counts={"refused": 20_000})})

    assert found.startswith("it had ")
    assert found.endswith(" % refused")


def test_without_a_valid_trial_the_code_stands_on_top_and_its_sentence_beneath() -> None:
    """Some findings quote a server's log: nobody reads that in letters of two centimetres."""
    found = judged({"base": Made(invalid=5), "it": Made(invalid=5)})

    assert (found.state, found.headline) == (State.FAILS, "No valid trial: made-up")
    assert found.subline == "It is made up so."


def test_a_time_that_shrank_to_almost_nothing_is_no_factor() -> None:
    """It reads as what is gone."""
    assert said({"base": Made(ms=1000.0), "it": Made(ms=2.0)}) == "it is 99.8 % faster"


def test_a_change_that_is_small_for_certain_is_not_called_none() -> None:
    """A difference was shown, though no large one."""
    cells = {"base": BASE, "it": Made(ms=10.9)}

    assert said(cells) == "No change of more than 10 % could be shown"


def test_a_workload_has_a_sentence_that_holds_by_itself() -> None:
    """Lists of runs show it alone."""
    found = judged({"base": BASE, "it": SLOWER}, {"base": BASE, "it": Made(slope_share=0.2)})
    first, second = (workload.sentence for workload in found.workloads)

    assert first.startswith("it is ")
    assert second == "it falls behind."


def test_control_characters_never_reach_a_sentence() -> None:
    """A name is shown on terminals."""
    found = judged({"base": BASE, "\x1b[31mred": SLOWER})
    sentences = [found.headline, *(box.text + box.word for box in found.boxes.each)]

    assert not any("\x1b" in sentence for sentence in sentences)


def test_a_workload_of_a_gate_says_what_came_of_its_goals() -> None:
    """Not what its other figures show: that would read as a verdict of another kind."""
    cells = {"base": BASE, "it": SLOWER}

    missed = judged(cells, cells, rules=["p95 vs baseline <= +10%"])
    kept = judged({"base": BASE, "it": BASE}, rules=["p95 vs baseline <= +10%", "lost == 0"])

    assert [each.sentence for each in missed.workloads] == [
        "Failed: end-to-end p95 of pull-batch/it is 50 % slower than the baseline, under w1.",
        "Failed: end-to-end p95 of pull-batch/it is 50 % slower than the baseline, under w2.",
    ]
    assert kept.workloads[0].sentence == "2 of 2 goals kept."


def test_of_many_that_fall_behind_their_number_is_told() -> None:
    """Three names would fill the headline."""
    behind = Made(slope_share=0.2)

    assert said({"base": behind, "a": behind, "b": behind}) == "3 of 3 fall behind"
    assert said({"base": BASE, "a": behind, "b": behind}).startswith("a and b fall behind")


def test_kept_goals_hide_nothing_that_nobody_asked_for() -> None:
    """Whoever falls behind does so whatever the gate was asked."""
    behind = Made(slope_share=0.2)

    found = judged({"base": BASE, "it": behind}, rules=["p95 vs baseline <= +10%"])

    assert found.workloads[0].sentence == "1 of 1 goal kept; it falls behind."
