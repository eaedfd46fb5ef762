"""The long table of a run, and the same as OpenMetrics."""

from dataclasses import replace

from bench.analysis.metrics import MEASURES
from bench.analysis.tidy import COLUMNS, tidy
from bench.report import openmetrics
from bench.spec.criteria import COUNTS
from tests.gate.figures import figures_of, run_of


def test_every_trial_has_a_row_for_each_figure_with_its_unit() -> None:
    """Two cells of two blocks: whoever reads it needs no second file."""
    table = tidy(run_of({"a": (10.0, 11.0), "b": (12.0, 13.0)}))

    assert tuple(table.columns) == COLUMNS
    assert len(table) == 2 * 2 * (len(MEASURES) + len(COUNTS))
    p99 = table[(table.metric == "end_to_end_ns_p99") & (table.variants == "pull-batch/b")]
    assert p99[["block", "value", "unit"]].to_numpy().tolist() == [
        [1, 12e6, "ns"],
        [2, 13e6, "ns"],
    ]


def test_what_is_not_known_is_missing_and_never_zero() -> None:
    """An invalid trial stays in the table, marked, without figures."""
    table = tidy(run_of({"a": (10.0, None)}))

    invalid = table[~table.valid.astype(bool)]
    assert set(invalid.block) == {2}
    assert invalid[invalid.metric == "end_to_end_ns_p99"].value.isna().all()
    assert table[table.metric == "lost"].value.tolist() == [0.0, 0.0]


def test_what_never_came_is_missing_with_what_it_exceeds() -> None:
    """Averaged over what has a value, a stalled block would vanish from somebody's own table."""
    run = run_of({"a": (10.0, 11.0)})
    (cell,) = run.workloads[0].cells
    stalled = replace(cell, trials=(cell.trials[0], replace(cell.trials[1], times={})))
    table = tidy(figures_of(run.plan, {"small-events": [stalled]}))

    found = table[table.metric == "end_to_end_ns_p99"]
    assert found.value.isna().tolist() == [False, True]
    assert found.at_least.tolist()[1] == 13e9  # the window of 12 s and the drain of 1 s


def test_openmetrics_has_a_gauge_for_each_figure_and_an_end() -> None:
    """Only figures that there are; the format demands its last line."""
    text = openmetrics.render(tidy(run_of({'a"\\': (10.0, None)})))

    lines = text.splitlines()
    assert lines[0] == "# TYPE jetbench_end_to_end_ns_p50 gauge"
    assert lines[1] == "# HELP jetbench_end_to_end_ns_p50 end-to-end p50, ns"
    assert lines[2] == (
        'jetbench_end_to_end_ns_p50{run="made-up-1",workload="small-events",'
        'variants="pull-batch/a\\"\\\\",trial="001-a\\"\\\\",block="1",valid="true"} 10000000.0'
    )
    assert lines[-1] == "# EOF"
    assert not any(line.endswith(" nan") for line in lines)
    assert text.count("# TYPE ") == len(MEASURES) + len(COUNTS)
