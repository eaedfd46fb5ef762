"""What is printed: medians with least and greatest, and every target with its answer."""

import pytest

from bench.selfbench.figures import (
    LoadFigures,
    MemoryFigures,
    PacedFigures,
    Run,
    TimerFigures,
    rows,
)
from bench.selfbench.tables import run_line, tables
from bench.selfbench.targets import LONG, PUBLISH, standings


def load(repeat: int, client_ns: int) -> Run:
    """1000 messages in 5 ms, 4 µs of the server for each."""
    figures = LoadFigures(
        messages=1000, elapsed_ns=5_000_000, client_cpu_ns=client_ns, server_cpu_ns=4_000_000
    )
    return Run(case=PUBLISH, repeat=repeat, figures=figures)


def paced() -> Run:
    figures = PacedFigures(
        offered_msgs=1000,
        sent_msgs=990,
        acked_msgs=980,
        slip_ns_p50=120_400,
        slip_ns_p99=None,
        end_to_end_ns_p50=300_000,
        end_to_end_ns_p99=900_000,
        publisher_core_share=0.25,
        consumer_core_share=0.2,
        server_core_share=0.5,
        findings=(),
    )
    return Run(case="open-loop/wire/1000", repeat=1, figures=figures)


def printed(*runs: Run) -> list[list[str]]:
    """Return the cells of every line of the tables."""
    lines = tables(rows(runs), standings(runs)).splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_a_load_shows_medians_with_least_and_greatest() -> None:
    """1.1, 1.3 and 2 µs of client; figures that do not vary stand alone."""
    lines = printed(load(1, 1_300_000), load(2, 1_100_000), load(3, 2_000_000))

    assert [
        PUBLISH, "1.30 (1.10–2.00)", "4.00", "0.33 (0.28–0.50)", "200k", "0.26 (0.22–0.40)",
    ] in lines  # fmt: skip


def test_an_open_loop_shows_its_times_in_microseconds() -> None:
    """A percentile that too few messages stand behind is n/a, never 0."""
    line = next(line for line in printed(paced()) if line[0] == "open-loop/wire/1000")

    assert line[1:] == ["120", "n/a", "300", "900", "0.25", "0.20", "0.50", "0.990", "0.980"]


def test_every_target_is_answered() -> None:
    """Yes, no, and not measured are three answers."""
    answers = {line[0]: line[-1] for line in printed(load(1, 1_400_000))}

    assert answers["publish 128 B: client CPU per message"] == "yes"
    assert answers["publish 128 B: client CPU / server CPU"] == "no"
    assert answers["recording and histograms: CPU per message"] == "not measured"


def timer() -> Run:
    """20 µs for each of 4000 wake-ups in a second."""
    figures = TimerFigures(
        wake_ups=4000,
        elapsed_ns=10**9,
        cpu_ns=80_000_000,
        late_ns_p50=24_000,
        late_ns_p99=110_000,
    )
    return Run(case="timer", repeat=1, figures=figures)


def long_run(late_rss_bytes: int) -> Run:
    figures = MemoryFigures(
        messages=50_000_000, early_rss_bytes=4_000_000_000, late_rss_bytes=late_rss_bytes
    )
    return Run(case=LONG, repeat=1, figures=figures)


def test_the_host_and_the_memory_have_tables_of_their_own() -> None:
    """They are neither loads nor open loops: their columns would be empty."""
    lines = printed(timer(), long_run(4_010_000_000))

    assert ["timer", "20.00", "0.08", "24", "110"] in lines
    assert [LONG, "50 000 000", "80", "3.73 GiB", "0.25%"] in lines


@pytest.mark.parametrize(
    ("late_rss_bytes", "answer"), [(4_039_000_000, "yes"), (4_100_000_000, "no")]
)
def test_memory_that_grows_misses_its_target(late_rss_bytes: int, answer: str) -> None:
    """Measured in the first repeat alone: the second must not make it unknown."""
    runs = [long_run(late_rss_bytes), load(1, 1_300_000), load(2, 1_300_000)]

    found = next(line for line in printed(*runs) if "growth of memory" in line[0])

    assert found[-1] == answer


def test_a_run_is_one_line() -> None:
    """What stands in a log while the cases run."""
    assert run_line(load(1, 1_300_000)) == (
        f"{PUBLISH}: 1.30 µs client, 4.00 µs server per message, 200 000 msg/s"
    )
    assert run_line(timer()) == "timer: 20.0 µs per wake-up, late p50 / p99 24.0 µs / 110 µs"
    assert run_line(long_run(4_010_000_000)) == (
        "long-run: 0.25% more memory in the end than at the start"
    )
    assert run_line(paced()) == "open-loop/wire/1000: slip p50 / p99 120 µs / n/a"


def test_columns_stand_below_each_other() -> None:
    """The table is read in a terminal before anybody renders it."""
    first, *_ = tables(rows([load(1, 1_300_000), paced()]), ()).split("\n\n")

    bars = [[at for at, sign in enumerate(line) if sign == "|"] for line in first.splitlines()]
    assert len(bars) == 3
    assert bars[0] == bars[1] == bars[2]
