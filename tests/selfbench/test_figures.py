"""Medians with least and greatest, worked out by hand."""

import pytest

from bench.selfbench.figures import LoadFigures, Run, Spread, rows, spread


def run(case: str, repeat: int, client_ns: int, server_ns: int | None = None) -> Run:
    """1000 messages in a millisecond."""
    figures = LoadFigures(
        messages=1000, elapsed_ns=1_000_000, client_cpu_ns=client_ns, server_cpu_ns=server_ns
    )
    return Run(case=case, repeat=repeat, figures=figures)


def test_an_odd_number_of_repeats_has_its_middle_one_as_median() -> None:
    """One wild repeat must not move the figure that is quoted."""
    assert spread([9.0, 1.0, 2.0]) == Spread(median=2.0, min=1.0, max=9.0)


def test_an_even_number_of_repeats_has_the_mean_of_the_middle_two() -> None:
    """Two repeats of a quick run still have a middle."""
    assert spread([1.0, 4.0, 2.0, 8.0]) == Spread(median=3.0, min=1.0, max=8.0)


def test_figures_are_per_message_and_per_second() -> None:
    """600 µs of client and 2.4 ms of server for 1000 messages in 1 ms."""
    (row,) = rows([run("publish", 1, 600_000, 2_400_000)])

    medians = {key: found.median for key, found in row.figures.items()}
    assert medians == {
        "client_cpu_ns_per_msg": 600,
        "server_cpu_ns_per_msg": 2400,
        "client_to_server_cpu": 0.25,
        "rate_msgs_per_s": 1_000_000,
        "client_core_share": pytest.approx(0.6),
    }


def test_each_case_has_a_row_over_its_own_repeats() -> None:
    """Interleaved repeats are sorted back to their case, in the order in which cases came."""
    found = rows([run("b", 1, 3000), run("a", 1, 50_000), run("b", 2, 1000), run("a", 2, 70_000)])

    assert [(row.case, row.figures["client_cpu_ns_per_msg"]) for row in found] == [
        ("b", Spread(median=2, min=1, max=3)),
        ("a", Spread(median=60, min=50, max=70)),
    ]


def test_a_figure_that_one_repeat_lacks_is_not_told() -> None:
    """The median of the others would flatter: what is missing may have been the worst."""
    (row,) = rows([run("a", 1, 1000, 4000), run("a", 2, 1000, None)])

    assert "client_cpu_ns_per_msg" in row.figures
    assert "server_cpu_ns_per_msg" not in row.figures
