"""How the figures of the catalogue are written."""

import pytest

from bench.spec.metrics import metric_of

P99, SLOPE = metric_of("end_to_end_ns_p99"), metric_of("lag_slope_msgs_per_s")


@pytest.mark.parametrize(
    ("low", "high", "written"),
    [
        (1_200_000, 1_340_000, "+1.20 ms to +1.34 ms"),
        (1_200_000, 1_200_400, "+1.2000 ms to +1.2004 ms"),
        (-1_200_000, 0, "\u22121.20 ms to 0 ns"),
        (1_200_000, 1_200_000, "+1.20 ms, no spread seen"),
    ],
)
def test_an_interval_of_differences_is_no_point_unless_its_ends_agree(
    low: float, high: float, written: str
) -> None:
    """Where the baseline is 0 there is no share, and the doubt is to be seen all the same."""
    assert P99.written_interval(low, high, relative=False) == written


def test_what_has_a_sign_of_its_own_gets_no_second_one() -> None:
    """`++3.4 msg/s` is nobody's slope."""
    assert SLOPE.written_change(3.41, relative=False) == "+3.4 msg/s"
    assert SLOPE.written_interval(-1.0, 3.41, relative=False) == "\u22121.0 msg/s to +3.4 msg/s"


def test_an_interval_of_a_figure_without_width_says_so() -> None:
    """`2.00 ms to 2.00 ms` reads like a misprint."""
    assert P99.written_ends(2e6, 2e6) == "2.00 ms, no spread seen"
