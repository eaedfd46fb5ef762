"""What makes a trial invalid: rules fixed beforehand, blind to whether the figures are good."""

from dataclasses import replace

import numpy as np
import pytest

from bench.core.units import NS_PER_MS, NS_PER_S
from bench.engine.checks import (
    Load,
    answered_again,
    ledger_findings,
    load_findings,
    not_drained,
    stream_findings,
)
from bench.engine.pressure import Offer
from bench.engine.table import NOT_YET, MessageTable
from bench.record.schema import Finding, HostLoad, Level, ProcessUsage, Window
from bench.spec.cast import entries
from bench.spec.kinds.fanout import Fanout
from bench.spec.kinds.registry import cast_of
from bench.spec.kinds.request import Request
from bench.spec.variant import Settings
from tests.parts import cast, ledger, of_parts

WINDOW = Window(window_start_ns=0, window_end_ns=NS_PER_S, drained_ns=NS_PER_S)
QUIET = Load(
    window=WINDOW,
    counts={
        "offered": 1000,
        "sent": 1000,
        "stored": 1000,
        "received": 1000,
        "handled": 1000,
        "acked": 1000,
    },
    processes=(ProcessUsage(role="publisher-0", cpu_ns=1, cpu_share=0.2, rss_bytes_peak=1),),
    host=HostLoad(steal_share=0.0, throttled_share=0.0),
    window_full_msgs={},
    offers={
        "publish": Offer(
            part="publish",
            role="publisher",
            publishers=1,
            window_msgs=256,
            one_by_one=False,
            tick_ns=250_000,
        )
    },
    stalls={"publisher-0": (0, NS_PER_MS)},
)


def table(slip_ns: int) -> MessageTable:
    """A message each ms, sent so much late and stored 0.1 ms after; nothing is received."""
    intended = np.arange(1000, dtype=np.int64) * NS_PER_MS
    never = np.full(1000, NOT_YET)
    return MessageTable(
        intended_ns=intended,
        sent_ns=intended + slip_ns,
        stored_ns=intended + slip_ns + NS_PER_MS // 10,
        received_ns=never,
        handled_ns=never,
        acked_ns=never,
        outcome=np.zeros(1000, dtype=np.int64),
    )


def findings(load: Load, slip_ns: int = 0) -> dict[str, Level]:
    return {finding.code: finding.level for finding in found_of(load, slip_ns)}


def found_of(load: Load, slip_ns: int = 0) -> list[Finding]:
    return list(load_findings(of_parts(table(slip_ns)), load, cast()))


def test_a_quiet_trial_has_no_finding() -> None:
    """A rule that fires on a healthy trial would be switched off by its users."""
    assert findings(QUIET) == {}


def test_a_generator_that_misses_its_rate_is_invalid() -> None:
    """2 % were not sent, and the server had confirmed everything before."""
    late = replace(QUIET, counts={**QUIET.counts, "sent": 980})

    assert findings(late, slip_ns=20 * NS_PER_MS) == {
        "offered-rate-missed": Level.INVALID,
        "late-sends": Level.WARNING,
    }


def test_a_client_near_a_whole_core_is_invalid() -> None:
    """Above 80 % of a core the client sets the figures."""
    busy = ProcessUsage(role="consumer-0", cpu_ns=1, cpu_share=0.85, rss_bytes_peak=1)

    (found,) = found_of(replace(QUIET, processes=(busy,)))

    assert (found.code, found.level) == ("generator-saturated", Level.INVALID)
    assert found.role == "consumer-0"


def test_a_core_that_handlers_are_to_use_is_their_limit_and_no_fault() -> None:
    """As long as four fifths of it are theirs: else the client is measured beside them."""
    busy = ProcessUsage(role="consumer-0", cpu_ns=1, cpu_share=0.9, rss_bytes_peak=1)
    of_handlers, of_client = (
        replace(QUIET, processes=(busy,), computing={"consumer-0": meant}) for meant in (0.73, 0.71)
    )

    waits = ProcessUsage(
        role="consumer-0", cpu_ns=1, cpu_share=0.5, wait_share=0.48, rss_bytes_peak=1
    )
    of_host = replace(QUIET, processes=(waits,), computing={"consumer-0": 0.5})

    assert findings(of_host) == {"generator-saturated": Level.INVALID}, "it had no core"
    assert findings(of_handlers) == {"handlers-saturated": Level.WARNING}
    assert findings(of_client) == {"generator-saturated": Level.INVALID}


def test_a_busy_server_is_not_a_fault_of_the_generator() -> None:
    """The server may use all it gets: that is what saturating it means."""
    server = ProcessUsage(role="server", cpu_ns=1, cpu_share=1.7, rss_bytes_peak=1)

    assert findings(replace(QUIET, processes=(server,))) == {}


def test_time_that_the_host_kept_makes_a_trial_invalid() -> None:
    """Throttled or stolen time looks like a slow server."""
    kept = replace(QUIET, host=HostLoad(steal_share=0.06, throttled_share=0.02))

    assert findings(kept) == {"cpu-steal": Level.INVALID, "cpu-throttled": Level.INVALID}


def test_late_sends_are_told() -> None:
    """Times from the intended instant include the slip, so it must be seen."""
    assert findings(QUIET, slip_ns=2 * NS_PER_MS) == {"late-sends": Level.WARNING}


def test_late_sends_are_told_of_a_window_too_short_for_p99() -> None:
    """Of 300 messages 3 lie beyond p99: nothing was said of a publisher that stood still."""
    short = replace(QUIET.window, window_end_ns=QUIET.window.window_start_ns + 300 * NS_PER_MS)
    load = replace(QUIET, window=short)

    (found,) = found_of(load, 2 * NS_PER_MS)

    assert found.code == "late-sends"
    assert found.text.startswith("p90 of slip is 2")


def test_a_loop_that_stands_still_is_told() -> None:
    """A stall of a worker looks like a stall of the server."""
    stalled = replace(QUIET, stalls={"consumer-0": (0, 200 * NS_PER_MS)})

    assert findings(stalled) == {"loop-stalled": Level.WARNING}


@pytest.mark.parametrize(("stall_ms", "codes"), [(900, []), (1_100, ["loop-stalled"])])
def test_a_conductor_that_stopped_is_told(stall_ms: int, codes: list[str]) -> None:
    """It carries no load, so a tenth of a second of it says nothing; stopped, it leaves a gap."""
    stalled = replace(QUIET, stalls={"conductor": (-1, stall_ms * NS_PER_MS)})

    assert list(findings(stalled)) == codes


def counted(stream_msgs: int, *, unconfirmed: int = 0) -> dict[str, int]:
    """1000 planned and published; all but the unconfirmed were confirmed as stored."""
    stored = 1000 - unconfirmed
    return ledger(
        planned=1000, published=1000, stored=stored, unconfirmed=unconfirmed, received=stored,
        handled=stored, acked=stored, deliveries=stored, stream_msgs=stream_msgs,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("stream_msgs", "unconfirmed"),
    [
        (1000, 0),
        (-1, 0),  # nobody told
        (990, 10),  # none of the unanswered ones came
        (1000, 10),  # all did
    ],
)
def test_a_stream_that_holds_what_was_published_is_no_finding(
    stream_msgs: int, unconfirmed: int
) -> None:
    """A message without an answer may be stored."""
    made = counted(stream_msgs, unconfirmed=unconfirmed)

    assert list(stream_findings(made, cast())) == []


@pytest.mark.parametrize(
    ("stream_msgs", "unconfirmed"), [(1001, 0), (999, 0), (1001, 10), (989, 10), (2000, 0)]
)
def test_a_stream_that_holds_others_messages_is_invalid(stream_msgs: int, unconfirmed: int) -> None:
    """Two runs with one name filled each other's stream, and each called the other's lost."""
    made = counted(stream_msgs, unconfirmed=unconfirmed)
    (finding,) = stream_findings(made, cast())

    assert (finding.code, finding.level) == ("stream-disagrees", Level.INVALID)
    assert str(stream_msgs) in finding.text


def drained_ledger(*, acks: bool = True, **counts: int) -> dict[str, int]:
    """The ledger of ten messages that went all the way, but for these counts."""
    whole = dict.fromkeys(("planned", "published", "stored", "received", "handled", "acked"), 10)
    return ledger(acks=acks, **{**whole, **counts})


def test_what_was_left_when_the_drain_ended_is_told_by_kind() -> None:
    """With acks before the handler the server has nothing left, and seven are not handled."""
    left = not_drained(drained_ledger(handled=3), cast(), NS_PER_S)
    behind = not_drained(drained_ledger(handled=3, acked=3, backlog=7), cast(), NS_PER_S)
    never = not_drained(drained_ledger(acks=False, handled=3), cast(acks=False), NS_PER_S)

    ended = "when the drain ended after 1.00 s, messages were left: 7 stored and not handled"
    assert left.text == never.text == ended
    assert behind.text == (
        f"{ended}; 7 stored and not acknowledged; 7 pending or unacknowledged on the server"
    )


def test_of_several_consumers_each_is_told_by_its_name_and_by_what_it_is_due() -> None:
    """Ten are stored, of which one filters for four: what its filter leaves out is not left."""
    load = Fanout.model_validate(
        {
            "kind": "fanout",
            "subjects": {"pattern": "a.{x}", "values": {"x": ["1", "2"]}},
            "payload": {"sizes": "64B"},
            "publish": {"rate": "10/s"},
            "consumers": {"some": {"filter": "a.1"}, "every": {}},
        }
    )
    beside = cast_of(load, Settings())
    counts = dict.fromkeys(entries(beside), 0) | {"planned": 10, "stored": 10, "expected": 4}
    counts |= {"some.handled": 4, "some.acked": 4, "every.handled": 9, "every.acked": 9}

    said = not_drained({**counts, "every.backlog": 1}, beside, NS_PER_S).text

    assert said.partition("left: ")[2] == (
        "1 stored and not handled (every); 1 stored and not acknowledged (every); "
        "1 pending or unacknowledged on the server (every)"
    )


def test_a_loss_that_nobody_can_tell_is_a_finding() -> None:
    """It is no loss that is known, and no trial to be called clean."""
    (finding,) = ledger_findings(drained_ledger(received=9, lost=-1), cast())

    assert (finding.level, finding.code) == (Level.WARNING, "loss-unknown")


def test_a_second_answer_is_told_where_no_ledger_counts_it() -> None:
    (found,) = answered_again({"publish": 2}, cast())

    assert (found.code, found.level) == ("answered-again", Level.WARNING)
    assert "2 answers" in found.text
    assert not [*answered_again({"publish": 0}, cast())]
    asked = cast_of(
        Request.model_validate(
            {"kind": "request", "payload": {"sizes": "64B"}, "request": {"rate": "10/s"}}
        ),
        Settings(),
    )
    assert not [*answered_again({"request": 2}, asked)]
