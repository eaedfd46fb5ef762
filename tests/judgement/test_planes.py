"""Which configs of a workload span a map."""

import pytest

from bench.judgement.judge import judge
from bench.judgement.planes import planes
from tests.report.factory import AXES, run_figures
from tests.report.trial_factory import Variant


def found_in(variants: tuple[Variant, ...]) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """The values down and across of every map."""
    run = judge(run_figures(variants=variants, workloads=("w",), blocks=2))
    return [(each.rows, each.columns) for each in planes(run.workloads[0])]


def test_two_axes_span_a_map_in_the_order_of_the_file() -> None:
    """A reader looks for the values where the YAML has them."""
    assert found_in(AXES) == [(("5", "20", "50"), ("50", "500"))]


@pytest.mark.parametrize("variants", [AXES[:2], AXES[::2]])
def test_one_value_of_an_axis_spans_none(variants: tuple[Variant, ...]) -> None:
    """A line of cells is a table; as a map it would say nothing more."""
    assert found_in(variants) == []


def test_a_variant_of_one_axis_keeps_its_config_from_being_a_map() -> None:
    """It has no place on the plane, and a map without it would hide it."""
    other = Variant(names=("two-axes/batch=7",), settings={"pull": {"batch": 7}}, p50_ms=1.0)

    assert found_in((*AXES, other)) == []
