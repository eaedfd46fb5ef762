"""One change under every workload: which cells it has, and when it stands out."""

import pytest

from bench.judgement.across import Changed, changed_by
from tests.judgement.factory import BASE, Cells, Made, judged


def changed(*workloads: Cells) -> dict[str, Changed]:
    return {each.first.name: each for each in changed_by(judged(*workloads).workloads)}


def test_a_change_gathers_the_workloads_that_have_it() -> None:
    """A row that shows one workload's cell under another's name would be believed."""
    found = changed({"base": BASE, "it": Made(), "other": Made()}, {"base": BASE, "it": Made()})

    assert [list(each.cells) for each in found.values()] == [["w1", "w2"], ["w1"]]


@pytest.mark.parametrize(
    ("made", "stands_out"),
    [
        (Made(ms=13.0), True),
        (Made(ms=7.0), True),
        (Made(), False),
        (Made(counts={"lost": 1}), True),
    ],
)
def test_what_is_worse_better_or_does_not_hold_stands_out(made: Made, stands_out: bool) -> None:
    """All else folds where there are many changes; a loss must never be among it."""
    (found,) = changed({"base": BASE, "it": Made()}, {"base": BASE, "it": made}).values()

    assert found.stands_out is stands_out


def test_a_reason_is_led_by_its_workload_only_among_several() -> None:
    """In a row of one workload its name would only say again what heads the row."""
    lost = Made(counts={"lost": 1})
    (found,) = changed({"base": BASE, "it": lost}, {"base": BASE, "it": lost}).values()

    (alone,) = found.under("w1").reasons
    assert found.reasons == (f"w1: {alone}", f"w2: {alone}")
    assert found.under("w3").reasons == ()
