"""Who was the limit: the server, or we ourselves; on made-up figures for each side."""

from dataclasses import replace

import pytest

from bench.core.units import NS_PER_MS
from bench.engine.limits import rate_findings
from bench.engine.pressure import Pressure
from bench.record.schema import Finding, Level, ProcessUsage

SLOW_SERVER = Pressure(
    part="publish",
    role="publisher-0",
    one_by_one=False,
    window_msgs=256,
    offered_msgs_per_s=4000.0,
    missing_share=0.4,
    full_share=0.9,
    silent_share=0.01,
    rest_ns=NS_PER_MS // 5,
    service_ns_mean=100.0 * NS_PER_MS,
)
FAR = replace(SLOW_SERVER, rest_ns=100 * NS_PER_MS, service_ns_mean=103.0 * NS_PER_MS)


def used(role: str, cpu_share: float, wait_share: float = 0.0) -> ProcessUsage:
    return ProcessUsage(
        role=role, cpu_ns=1, cpu_share=cpu_share, rss_bytes_peak=1, wait_share=wait_share
    )


def found(pressure: Pressure, *processes: ProcessUsage) -> Finding:
    """The one finding on a run that missed as much as its publisher."""
    (finding,) = rate_findings(pressure.missing_share, [pressure], processes)
    return finding


def test_answers_that_grow_far_beyond_a_round_trip_are_the_servers_saturation() -> None:
    """500 times as long as at rest, with a publisher that had time: that is what it can do."""
    finding = found(SLOW_SERVER, used("publisher-0", 0.2), used("server", 1.2, 0.3))

    assert (finding.level, finding.code) == (Level.WARNING, "server-saturated")
    assert "it used 120 % of a core and waited for one during 30.0 % of the window" in finding.text


def test_of_a_server_elsewhere_the_way_to_it_may_have_been_the_limit() -> None:
    """Its CPU cannot be seen from here: nothing tells a slow server from a thin line."""
    assert "the server, its disk or the way to it" in found(SLOW_SERVER).text


def test_a_window_that_the_way_alone_fills_is_our_own_limit() -> None:
    """256 messages in 100 ms are 2 560 a second of 4 000, however fast the server is.

    Twice 4 000 a second in 103 ms are 824 messages: with two digits, 830.
    """
    finding = found(FAR, used("publisher-0", 0.02))

    assert (finding.level, finding.code) == (Level.INVALID, "window-too-small")
    assert "830 would do" in finding.text


def test_a_window_that_answers_hardly_longer_than_at_rest_fill_is_our_own_limit_too() -> None:
    """At rest it would just do: 256 in 60 ms are 4 267. In 70 ms they are 3 657, and no wonder."""
    near = replace(FAR, rest_ns=60 * NS_PER_MS, service_ns_mean=70.0 * NS_PER_MS)

    assert found(near).code == "window-too-small"


@pytest.mark.parametrize(
    ("awaited_share", "cpu_share", "level", "code"),
    [
        (0.2, 0.5, Level.WARNING, "batches-waited"),
        (0.19, 0.5, Level.INVALID, "offered-rate-missed"),
        (0.9, 0.9, Level.INVALID, "offered-rate-missed"),
    ],
)
def test_batches_that_wait_for_answers_are_what_their_variant_asks_about(
    awaited_share: float, cpu_share: float, level: Level, code: str
) -> None:
    """Where the wait can be what is missing, 0.4, by half, and the publisher had time to read."""
    held = replace(SLOW_SERVER, full_share=0.01, awaited_share=awaited_share)

    finding = found(held, used("publisher-0", cpu_share))

    assert (finding.level, finding.code) == (level, code)
    assert ("publish.ack_first" in finding.text) == (level is Level.WARNING)


def test_one_message_at_a_time_is_what_its_variant_asks_about() -> None:
    """That it comes to 1 ÷ round trip is the answer, but it is not the server's limit."""
    one = replace(FAR, one_by_one=True, window_msgs=1)

    finding = found(one)

    assert (finding.level, finding.code) == (Level.WARNING, "one-by-one-limit")


@pytest.mark.parametrize(
    "silence",
    [
        {"silent_share": 1.0, "rest_ns": None, "service_ns_mean": None},
        {"silent_share": 0.6},
        {"silent_share": 0.2, "service_ns_mean": None},
    ],
)
def test_a_publisher_without_answers_shows_no_server(silence: dict[str, float | None]) -> None:
    """A connection that swallows everything fills the window as well, and says nothing."""
    finding = found(replace(SLOW_SERVER, **silence))  # type: ignore[arg-type]

    assert (finding.level, finding.code) == (Level.INVALID, "unanswered")


@pytest.mark.parametrize("usage", [(0.81, 0.0), (0.42, 0.58), (0.2, 0.65)])
def test_a_publisher_that_had_no_time_may_have_left_the_answers_unread(
    usage: tuple[float, float],
) -> None:
    """nats-py beyond its speed fills its window by itself; so does one without a core."""
    finding = found(SLOW_SERVER, used("publisher-0", *usage), used("server", 0.3))

    assert (finding.level, finding.code) == (Level.INVALID, "offered-rate-missed")
    assert "may have waited for it" in finding.text


def test_a_window_that_was_seldom_full_explains_little() -> None:
    """Full for 1 % of the time, 40 % missing: the generator did not keep its schedule."""
    finding = found(replace(SLOW_SERVER, full_share=0.01))

    assert (finding.level, finding.code) == (Level.INVALID, "offered-rate-missed")


def test_one_publisher_in_trouble_is_not_hidden_by_the_others() -> None:
    """Of four, three wait for a slow server and one is cut off: the trial is invalid."""
    slow = [replace(SLOW_SERVER, role=f"publisher-{n}") for n in range(3)]
    cut_off = replace(SLOW_SERVER, role="publisher-3", silent_share=0.9)

    findings = list(rate_findings(0.4, [*slow, cut_off], []))

    assert [finding.code for finding in findings] == [*["server-saturated"] * 3, "unanswered"]
    assert [finding.role for finding in findings] == [f"publisher-{n}" for n in range(4)]


def test_what_no_publisher_missed_by_itself_is_still_missed() -> None:
    """Nothing shows why, so the trial is not the server's result."""
    on_time = replace(SLOW_SERVER, missing_share=0.0)

    (finding,) = rate_findings(0.02, [on_time], [])

    assert (finding.level, finding.code) == (Level.INVALID, "offered-rate-missed")
