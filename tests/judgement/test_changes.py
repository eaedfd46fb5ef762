"""What is said of one change: where it leads, by what, and how sure."""

import pytest

from bench.analysis.decision import Told
from bench.judgement.model import MARGIN, Change, Side
from tests.judgement.factory import BASE, Made, cell_of, judged

P99, PRICE = "end_to_end_ns_p99", "server_cpu_us_per_msg"


def change(made: Made, key: str = P99, base: Made = BASE) -> Change:
    return cell_of(judged({"base": base, "it": made}), "it").changes[key]


@pytest.mark.parametrize(
    ("ms", "side"),
    [(13.0, Side.WORSE), (7.0, Side.BETTER), (10.1, Side.SAME), (9.9, Side.SAME)],
)
def test_five_steady_blocks_tell_where_a_time_leads(ms: float, side: Side) -> None:
    """Beyond the margin and surely so, or surely within it."""
    found = change(Made(ms=ms))

    assert (found.side, found.decided) == (side, True)


@pytest.mark.parametrize(("ms", "told"), [(10.95, Told.MORE), (9.1, Told.LESS)])
def test_a_change_that_is_told_and_may_be_small_leads_nowhere(ms: float, told: Told) -> None:
    """Neither surely worth a change of settings nor the same: its interval ends beyond 10 %."""
    found = change(Made(ms=ms, wobble=1.01))

    assert found.low is not None
    assert found.high is not None
    assert max(abs(found.low), abs(found.high)) > MARGIN
    assert (found.told, found.side) == (told, Side.UNTOLD)


def test_blocks_that_scatter_tell_nothing() -> None:
    """A mean of +30 % whose interval holds no change is no news."""
    found = change(Made(ms=13.0, wobble=2.0))

    assert (found.told, found.side, found.decided) == (Told.ALIKE, Side.UNTOLD, False)


def test_two_blocks_that_agree_are_a_hint() -> None:
    """Equal settings do that half of the time, so it is never decided."""
    found = change(Made(ms=13.0, blocks=2), base=Made(blocks=2))

    assert (found.side, found.decided, found.doubt) == (Side.WORSE, False, "2 of 2 slower")
    assert (found.low, found.high) == (None, None)


def test_two_blocks_that_disagree_are_not_even_a_hint() -> None:
    """One up, one down: whatever their mean."""
    found = change(Made(ms=13.0, blocks=2, wobble=1.6), base=Made(blocks=2))

    assert (found.side, found.doubt) == (Side.UNTOLD, "1 of 2 slower")


def test_the_mean_is_that_of_the_blocks() -> None:
    """What is drawn as circles and what is written beside them are the same figures."""
    found = change(Made(ms=13.0))
    product = 1.0
    for each in found.by_block.values():
        product *= 1 + each

    assert len(found.by_block) == 5
    assert found.change == pytest.approx(product ** (1 / 5) - 1)


def test_a_price_is_said_by_what_it_is_paid_in() -> None:
    """Nobody knows what `dearer` costs; more server CPU can be looked up."""
    hint = judged({"base": Made(blocks=2), "it": Made(blocks=2, ms=20.0, cpu_us=120.0)}).headline
    sure = judged({"base": Made(), "it": Made(ms=20.0, cpu_us=120.0)}).headline
    alone = judged({"base": Made(), "it": Made(cpu_us=80.0)}).headline

    assert hint == "Hint: it seems ×2.00 slower and to take 20 % more server CPU"
    assert sure == "it is ×2.00 slower and takes 20 % more server CPU"
    assert alone == "it takes 20 % less server CPU"


def test_more_cpu_is_worse() -> None:
    """Each figure has its own word."""
    found = change(Made(cpu_us=150.0, blocks=2), PRICE, base=Made(blocks=2))

    assert (found.side, found.doubt) == (Side.WORSE, "2 of 2 more")


SOUND = {f"other-{number}": Made() for number in range(6)}
"""With these, one invalid cell leaves the workload valid."""


@pytest.mark.parametrize(
    "poor",
    [
        Made(ms=5.0, counts={"refused": 400}),
        Made(ms=5.0, counts={"lost": 1}),
        Made(ms=5.0, slope_share=0.2),
        Made(ms=5.0, invalid=3),
    ],
)
def test_what_may_not_contend_is_never_better(poor: Made) -> None:
    """Whatever it left out made it fast."""
    found = cell_of(judged({"base": BASE, "it": poor, **SOUND}), "it")

    assert not found.contends
    assert found.changes[P99].side is Side.UNTOLD
    assert all(each.side not in (Side.BETTER, Side.SAME) for each in found.changes.values())


def test_what_does_not_contend_may_still_be_worse() -> None:
    """It is no excuse to lose messages besides."""
    found = change(Made(ms=20.0, counts={"lost": 1}))

    assert found.side is Side.WORSE


def test_an_ack_of_another_moment_makes_nothing_better() -> None:
    """What acks sooner is not done sooner."""
    early = Made(ms=5.0, settings={"ack": {"timing": "after-validation"}})
    found = change(early)

    assert found.told is Told.LESS
    assert found.side is Side.UNTOLD


def test_a_figure_that_neither_way_improves_leads_nowhere() -> None:
    """A lag slope of other size is no merit."""
    found = change(Made(slope_share=0.005), "lag_slope_msgs_per_s")

    assert found.side is Side.UNTOLD


def test_why_there_is_no_change_is_said() -> None:
    """A dash would leave the reader to guess."""
    cells = {"base": BASE, "it": Made(invalid=3), **SOUND}
    found = cell_of(judged(cells), "it").changes[P99]

    assert (found.written, found.doubt) == ("n/a", "too many invalid trials")


@pytest.mark.parametrize("blocks", [2, 6])
def test_a_trial_that_tells_nothing_praises_nobody(blocks: int) -> None:
    """It may be silent for a bad reason; what speaks against its cell is said all the same."""
    whole = Made(blocks=blocks)

    def side(cpu_us: float, base: Made = whole, *, unread: bool = True) -> Side:
        made = Made(blocks=blocks, cpu_us=cpu_us, cpu_unread=unread)
        return change(made, PRICE, base).side

    assert side(50.0, unread=False) is Side.BETTER
    assert side(50.0) is Side.UNTOLD
    assert side(200.0) is Side.WORSE
    unread_base = Made(blocks=blocks, cpu_unread=True)
    assert side(200.0, unread_base, unread=False) is Side.UNTOLD
    assert side(50.0, unread_base, unread=False) is Side.BETTER
