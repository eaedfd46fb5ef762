"""CPU and memory within the window, from samples beside its limits."""

import os
import time

import psutil
import pytest

from bench.core.units import NS_PER_S
from bench.engine.clock import now_ns
from bench.engine.resources import UNKNOWN, host_load, usages
from bench.engine.usage import find_process, read_host_cpu, read_usage
from bench.record import samples
from bench.record.schema import Window

WINDOW = Window(window_start_ns=1000, window_end_ns=2000, drained_ns=2500)
CORES = len(psutil.cpu_times(percpu=True))


def test_counters_are_read_off_at_the_windows_limits() -> None:
    """100 CPU-ns per 500 ns: samples fall beside the limits, the share is 0.2 all the same."""
    rows = [{"t_ns": t, "server_cpu_ns": t // 5, "server_rss_bytes": t} for t in (500, 1400, 2500)]

    (usage,) = usages(samples.table(rows), WINDOW)

    assert usage.cpu_ns == 200
    assert usage.cpu_share == pytest.approx(0.2)
    assert usage.rss_bytes_peak == 1400


def test_the_busiest_second_and_the_mean_memory_are_those_of_the_window() -> None:
    """A core and a half in its second second, nothing before it; what lies outside counts not."""
    window = Window(window_start_ns=NS_PER_S, window_end_ns=4 * NS_PER_S, drained_ns=9 * NS_PER_S)
    used_s = {0: 0.0, 1: 9.0, 2: 9.0, 3: 10.5, 4: 11.0}
    rows = [
        {
            "t_ns": at * NS_PER_S,
            "server_cpu_ns": round(used * NS_PER_S),
            "server_rss_bytes": 100 * at,
        }
        for at, used in used_s.items()
    ]

    (usage,) = usages(samples.table(rows), window)

    assert usage.cpu_share_peak == pytest.approx(1.5)
    assert usage.cpu_share == pytest.approx(2 / 3)
    assert usage.rss_bytes_mean == 200
    assert usage.rss_bytes_peak == 300


@pytest.mark.parametrize("instants_s", [(-1, 3, 4), (0, 1, 2), (-9, 9)])
def test_a_counter_that_was_not_read_near_a_limit_is_unknown(instants_s: tuple[int, ...]) -> None:
    """Busy within the window and idle around it: read off across a gap, it would seem half idle."""
    window = Window(window_start_ns=NS_PER_S, window_end_ns=4 * NS_PER_S, drained_ns=5 * NS_PER_S)
    rows = [{"t_ns": at * NS_PER_S, "server_cpu_ns": at + 9} for at in instants_s]

    (usage,) = usages(samples.table(rows), window)

    assert usage.cpu_share == UNKNOWN


NETWORK = Window(window_start_ns=NS_PER_S, window_end_ns=3 * NS_PER_S, drained_ns=4 * NS_PER_S)


@pytest.mark.parametrize(
    ("seen", "in_bytes_per_s"),
    [
        ({0.5: 100, 1.5: 200, 3.5: 600}, 175.0),  # 150 bytes at 1 s, 500 at 3 s
        ({1.5: 200, 2.5: 400}, 200.0),  # what passed beside the looks is not taken for nothing
        ({1.0: 200, 1.75: 400}, UNKNOWN),  # that is less than half of the window
        ({2.0: 200}, UNKNOWN),
        ({4.0: 200, 5.0: 300}, UNKNOWN),
        ({1.0: 200, 3.0: 200}, 0.0),
        ({}, UNKNOWN),
    ],
)
def test_bytes_a_second_are_those_between_the_looks_at_the_window(
    seen: dict[float, int], in_bytes_per_s: float
) -> None:
    """Two seconds, from 1 s to 3 s; outward nothing was ever seen, which is not 0."""
    rows = [{"t_ns": round(s * NS_PER_S), "server_in_bytes": size} for s, size in seen.items()]
    cpu = [{"t_ns": 2 * NS_PER_S, "server_cpu_ns": 5}]

    (usage,) = usages(samples.table([*rows, *cpu]), NETWORK)

    assert usage.in_bytes_per_s == pytest.approx(in_bytes_per_s)
    assert usage.out_bytes_per_s == UNKNOWN


@pytest.mark.parametrize("instants_s", [(1, 4, 7), (4, 7, 10), (0, 5, 8.9)])
def test_bytes_that_went_where_nobody_looked_are_not_taken_for_as_few(
    instants_s: tuple[float, ...],
) -> None:
    """More than half of ten seconds is seen; but a gate would pass on what may be the idle part."""
    window = Window(window_start_ns=0, window_end_ns=10 * NS_PER_S, drained_ns=11 * NS_PER_S)
    rows = [
        {"t_ns": round(at * NS_PER_S), "server_cpu_ns": 5, "server_out_bytes": 9}
        for at in instants_s
    ]

    (usage,) = usages(samples.table(rows), window)

    assert usage.out_bytes_per_s == UNKNOWN


def test_a_server_that_cannot_be_seen_is_unknown_not_idle() -> None:
    """A remote server's CPU is not 0: nobody here knows it."""
    rows = [{"t_ns": 1500, "sampler_cpu_ns": 5, "sampler_rss_bytes": 7}]

    server = {usage.role: usage for usage in usages(samples.table(rows), WINDOW)}["server"]

    assert (server.cpu_ns, server.cpu_share, server.rss_bytes_peak) == (UNKNOWN,) * 3
    assert (server.cpu_share_peak, server.rss_bytes_mean) == (UNKNOWN,) * 2


def test_no_samples_means_no_claim_about_the_host() -> None:
    """Nothing was seen, so nothing is said."""
    assert host_load(samples.table([]), WINDOW) is None


def test_a_process_that_works_is_seen_to_work() -> None:
    """Our own CPU time must grow while we spend it, at better than the 10 ms of the usual ticks."""
    process = psutil.Process(os.getpid())
    before = read_usage(process)

    total = sum(number * number for number in range(200_000))

    after = read_usage(process)
    assert total > 0
    assert before is not None
    assert after is not None
    assert after.cpu_ns > before.cpu_ns
    assert after.rss_bytes > 10 * 1024**2


def test_a_process_that_is_gone_has_no_usage() -> None:
    """A killed worker must not bring the sampler down."""
    gone = psutil.Popen(["true"])
    gone.wait()

    assert read_usage(gone) is None
    assert find_process(gone.pid) is None
    assert find_process(os.getpid()) is not None


def test_losses_are_counters_or_unknown() -> None:
    """Hosts differ in what they count; none of them gives time back."""
    host = read_host_cpu()

    assert host.steal_ns is None or host.steal_ns >= 0
    assert host.throttled_ns is None or host.throttled_ns >= 0


def test_what_we_use_is_used_on_the_host() -> None:
    """In ticks of 10 ms, so it takes some."""
    before_ns, begun_ns, ran_s = read_host_cpu().idle_ns, now_ns(), time.process_time()

    while time.process_time() - ran_s < 0.2:
        pass

    idle_ns = read_host_cpu().idle_ns - before_ns
    assert CORES * (now_ns() - begun_ns) - idle_ns >= 0.1 * NS_PER_S


def test_others_used_what_the_host_did_and_we_did_not() -> None:
    """One core was busy for 800 of 1000 ns, our two processes for 300, the other cores idle."""
    rows = [
        {"t_ns": t, "host_idle_ns": idle, "server_cpu_ns": server, "publisher-0_cpu_ns": 7 + server}
        for t, idle, server in ((1000, 50, 10), (2000, 250 + 1000 * (CORES - 1), 160))
    ]

    host = host_load(samples.table(rows), WINDOW)

    assert host is not None
    assert host.busy_share == pytest.approx(0.8 / CORES)
    assert host.others_share == pytest.approx(0.5 / CORES)
    assert host.steal_share == UNKNOWN


def test_a_host_whose_ticks_lag_behind_our_own_count_has_no_others() -> None:
    """A process is counted to the ns, the host in ticks: less than nothing is nothing."""
    rows = [
        {"t_ns": t, "host_idle_ns": idle, "server_cpu_ns": server, "host_steal_ns": 0}
        for t, idle, server in ((1000, 0, 10), (2000, 1000 * CORES, 160))
    ]

    host = host_load(samples.table(rows), WINDOW)

    assert host is not None
    assert (host.busy_share, host.others_share) == (0, 0)


def test_a_tick_too_much_of_idleness_is_none_at_work_and_not_unknown() -> None:
    """A share below 0 would be taken for one that nobody counted, and left out."""
    rows = [{"t_ns": t, "host_idle_ns": t * CORES + t // 2} for t in (1000, 2000)]

    host = host_load(samples.table(rows), WINDOW)

    assert host is not None
    assert (host.busy_share, host.others_share) == (0, 0)
