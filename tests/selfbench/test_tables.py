"""What is printed: medians with least and greatest, and every target with its answer."""

from bench.selfbench.figures import LoadFigures, PacedFigures, Run, rows
from bench.selfbench.tables import run_line, tables
from bench.selfbench.targets import PUBLISH, standings


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


def test_a_run_is_one_line() -> None:
    """What stands in a log while the cases run."""
    assert run_line(load(1, 1_300_000)) == (
        f"{PUBLISH}: 1.30 µs client, 4.00 µs server per message, 200 000 msg/s"
    )
    assert run_line(paced()) == "open-loop/wire/1000: slip p50 / p99 120 µs / n/a"


def test_columns_stand_below_each_other() -> None:
    """The table is read in a terminal before anybody renders it."""
    first, *_ = tables(rows([load(1, 1_300_000), paced()]), ()).split("\n\n")

    bars = [[at for at, sign in enumerate(line) if sign == "|"] for line in first.splitlines()]
    assert len(bars) == 3
    assert bars[0] == bars[1] == bars[2]
