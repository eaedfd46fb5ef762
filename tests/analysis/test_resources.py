"""CPU time, memory and shares of a core, by hand."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from bench.analysis.resources import (
    all_used,
    cpu_share,
    cpu_us_per_msg,
    cpu_us_unspread,
    most_used,
    rss_bytes,
)
from bench.core.units import NS_PER_MS, NS_PER_S
from bench.record import samples
from bench.record.schema import ProcessUsage, TrialRecord
from tests.analysis import runs

TRIAL = runs.plan([runs.cell("one")], blocks=1).trials[0]
COUNTS = {"offered": 4000, "sent": 4000, "stored": 2000, "received": 1000, "handled": 0, "acked": 0}


def used(role: str, *, cpu_ms: int = -1, rss_bytes: int = -1) -> ProcessUsage:
    """A process; what is not given cannot be read."""
    cpu_ns = cpu_ms * NS_PER_MS if cpu_ms >= 0 else -1
    return ProcessUsage(role=role, cpu_ns=cpu_ns, cpu_share=0.0, rss_bytes_peak=rss_bytes)


def record(*processes: ProcessUsage, counts: Mapping[str, int] | None = COUNTS) -> TrialRecord:
    """A trial of these processes and counts."""
    return replace(runs.record(TRIAL, processes=processes), window_counts=counts)


def test_cpu_time_is_spread_over_the_messages_that_a_kind_worked_for() -> None:
    """60 ms of server and 20 + 40 ms of two publishers over 2000 stored, 30 ms over 1000 received.

    The sampler is nobody's.
    """
    processes = [
        used("server", cpu_ms=60),
        used("publisher-0", cpu_ms=20),
        used("publisher-11", cpu_ms=40),
        used("consumer-0", cpu_ms=30),
        used("sampler", cpu_ms=99),
    ]

    assert cpu_us_per_msg(record(*processes)) == {
        "server": 30.0,
        "publisher": 30.0,
        "consumer": 30.0,
    }


def test_cpu_time_that_cannot_be_read_is_not_known() -> None:
    """One of two that cannot be read makes their sum unknown; a process that used none used 0."""
    processes = [used("publisher-0", cpu_ms=20), used("publisher-1"), used("consumer-0", cpu_ms=0)]

    assert cpu_us_per_msg(record(*processes)) == {
        "server": None,
        "publisher": None,
        "consumer": 0.0,
    }


def test_of_no_message_there_is_no_cpu_time_per_message() -> None:
    """And of a single one there is."""
    server = [used("server", cpu_ms=60)]

    assert cpu_us_per_msg(record(*server, counts={**COUNTS, "stored": 0}))["server"] is None
    assert cpu_us_per_msg(record(*server, counts={**COUNTS, "stored": 1}))["server"] == 60_000.0


@pytest.mark.parametrize(
    ("kind", "changes", "unspread_us"),
    [
        ("server", {"stored": 0}, 60_000.0),
        ("consumer", {"received": 0}, 30_000.0),
        ("server", {"received": 0}, None),  # it had stored messages to work for
        ("consumer", {"stored": 0}, None),
        ("server", {"stored": 0, "offered": 0}, None),  # nothing was asked of it
        ("publisher", {"stored": 0}, None),  # it cannot be read
    ],
)
def test_what_was_used_for_no_message_at_all_is_at_least_that(
    kind: str, changes: Mapping[str, int], unspread_us: float | None
) -> None:
    """Had a single one come, it would have cost it all."""
    processes = [used("server", cpu_ms=60), used("consumer-0", cpu_ms=30), used("publisher-0")]
    counts = {**COUNTS, **changes}

    assert cpu_us_unspread(record(*processes, counts=counts), kind) == unspread_us


def test_a_trial_that_broke_off_has_used_nothing_that_counts() -> None:
    """It has no window to have used it in."""
    assert cpu_us_unspread(record(used("server", cpu_ms=60), counts=None), "server") is None


@pytest.mark.parametrize(
    ("sizes", "most"), [((50, 70), 70), ((50, -1), None), ((0,), 0), ((), None)]
)
def test_a_figure_of_a_role_is_that_of_its_process_with_most(
    sizes: Sequence[int], most: int | None
) -> None:
    """Two of 50 and 70 bytes; one that cannot be read may have had more."""
    consumers = [used(f"consumer-{place}", rss_bytes=size) for place, size in enumerate(sizes)]
    processes = [*consumers, used("sampler", rss_bytes=90)]

    assert most_used(processes, "consumer", "rss_bytes_peak") == most


@pytest.mark.parametrize(
    ("rates", "all_"), [((50, 70), 120), ((50, -1), None), ((0,), 0), ((), None)]
)
def test_what_goes_over_the_network_is_that_of_all_processes_of_a_role(
    rates: Sequence[int], all_: int | None
) -> None:
    """Two of 50 and 70 bytes a second; one that could not be seen may have had any."""
    consumers = [
        replace(used(f"consumer-{place}"), in_bytes_per_s=rate) for place, rate in enumerate(rates)
    ]
    processes = [*consumers, replace(used("sampler"), in_bytes_per_s=90)]

    assert all_used(processes, "consumer", "in_bytes_per_s") == all_


def test_a_share_of_a_core_lies_between_two_samples_that_tell_it() -> None:
    """0.2 s of CPU in 1 s, then 0.9 s in the two seconds to the next that was read.

    The lag is sampled more often, and one instant came twice: nothing is divided by no time.
    """
    rows = [(0, 100), (1, 300), (2, None), (3, 1200), (3, 1500), (4, 1700)]
    table = samples.table([
        {"t_ns": s * NS_PER_S, "server_cpu_ns": None if ms is None else ms * NS_PER_MS}
        for s, ms in rows
    ])  # fmt: skip

    shares = cpu_share(table)

    assert list(shares) == ["server"]
    nan = float("nan")
    assert shares["server"].tolist() == pytest.approx([nan, 0.2, nan, 0.45, nan, 0.2], nan_ok=True)


def test_every_role_that_was_sampled_has_its_memory() -> None:
    """Its column's name without the ending; a gap stays a gap."""
    table = samples.table([
        {"t_ns": 0, "server_rss_bytes": 5, "publisher-0_rss_bytes": 6, "server_cpu_ns": 1},
        {"t_ns": NS_PER_S, "server_rss_bytes": 7, "server_cpu_ns": 2},
    ])  # fmt: skip

    found = rss_bytes(table)

    assert set(found) == {"server", "publisher-0"}
    assert found["server"].tolist() == [5.0, 7.0]
    assert found["publisher-0"].tolist() == pytest.approx([6.0, float("nan")], nan_ok=True)
