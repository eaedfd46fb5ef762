"""The live picture, drawn from moments made by hand."""

from collections import deque
from dataclasses import replace

import pytest
from rich.console import Console

from bench.cli.live import LiveView, Where, sparkline
from bench.core.units import NS_PER_S
from bench.engine.jobs import Progress
from bench.engine.trial import Moment
from bench.spec.waiting import with_wait
from tests.parts import cast
from tests.server.running import workload


def drawn(view: LiveView) -> str:
    console = Console(width=120, record=True, file=open("/dev/null", "w"))  # noqa: PTH123, SIM115
    console.print(view)
    return console.export_text()


def view_of(*moments: Moment, acks: bool = True) -> LiveView:
    view = LiveView()
    view.begin("small-events--base, block 2", workload("200/s"), cast(acks=acks))
    for moment in moments:
        view.see(moment)
    view.place(Where(ended=3, total=20, left_s=95.0))
    return view


def moment(second: float, phase: str = "window", **progress: int) -> Moment:
    told = replace(Progress(), **progress)  # type: ignore[arg-type]
    return Moment(phase=phase, elapsed_ns=int(second * NS_PER_S), progress=told)


def test_it_says_where_the_run_is() -> None:
    """Trial, cell, block, phase and time left are what one looks for first."""
    text = drawn(view_of(moment(1.0)))

    assert "trial 4/20" in text
    assert "1m35s left" in text
    assert "small-events--base, block 2: window, 1 s" in text


def test_of_a_plan_that_grows_it_says_how_much_may_come_at_most() -> None:
    """A search knows its next look alone: `4/4` and `2s left` would be said of each."""
    view = view_of(moment(1.0))
    view.place(Where(ended=3, total=97, left_s=4800.0, grows=True))
    text = drawn(view)

    assert "trial 4 of at most 97" in text
    assert "at most 1h20m left" in text


TWO_SECONDS = (
    moment(0.0),
    moment(5.0, sent=1000, handled=900, acked=880),
    moment(7.0, sent=1400, handled=1200, acked=1080, lag_msgs=12),
)


def test_rates_are_those_of_the_last_seconds() -> None:
    """400 sent and 200 acked over two seconds; what came before does not count."""
    text = drawn(view_of(*TWO_SECONDS))

    assert "offered 200/s, sent 200/s, acked 100/s; end-to-end p99" in text


def test_where_nothing_is_acked_the_handled_ones_count() -> None:
    """An acked rate of 0 would look like a standstill."""
    text = drawn(view_of(*TWO_SECONDS, acks=False))

    assert "sent 200/s, handled 150/s; completion p99" in text


@pytest.mark.parametrize(("acks", "said"), [(True, "acked 100/s"), (False, "handled 150/s")])
def test_when_handlers_begin_is_no_count_of_any_process(acks: bool, said: str) -> None:
    """It is reckoned from the record: taken for a count it stood for the one behind it."""
    view = LiveView()
    view.begin("jobs--base, block 1", workload("200/s"), with_wait(cast(acks=acks)))
    for each in TWO_SECONDS:
        view.see(each)

    assert said in drawn(view)


def test_a_log_gets_it_in_one_line() -> None:
    """It is found with grep, and a silent log looks like a hang."""
    assert view_of(*TWO_SECONDS).line() == (
        "[4/20] small-events--base, block 2: window, 7 s: offered 200/s, sent 200/s, "
        "acked 100/s; end-to-end p99 of late –; lag 12"
    )


def test_lag_is_a_number_and_a_line() -> None:
    """A growing lag is seen at a glance, long before the trial ends."""
    text = drawn(view_of(moment(1.0, lag_msgs=0), moment(2.0, lag_msgs=70)))

    assert "lag 70 messages  ▁█" in text


def test_what_a_client_holds_unhandled_is_lag_whatever_the_server_says() -> None:
    """Acknowledged early, 900 of 1000 stored messages wait for their handler; it tells 0."""
    text = drawn(view_of(moment(2.0, stored=1000, handled=100, acked=1000, lag_msgs=0)))

    assert "lag 900 messages" in text


def test_what_is_not_known_yet_is_not_made_up() -> None:
    """Before the first answers there is no p99 and no lag."""
    text = drawn(view_of(moment(0.1)))

    assert "p99 of late –" in text
    assert "lag –" in text


def test_a_flat_zero_is_a_low_line() -> None:
    """A consumer that keeps up draws the floor, not the ceiling."""
    assert sparkline(deque([0, 0, 0])) == "▁▁▁"
