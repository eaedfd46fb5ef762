"""The long table of a run, and the same as OpenMetrics."""

from dataclasses import replace

import pandas as pd

from bench.analysis.tidy import COLUMNS, tidy
from bench.report import openmetrics
from bench.spec.cast import ruled
from bench.spec.metrics import of_casts
from tests.gate.figures import counting, figures_of, run_of
from tests.parts import cast


def test_every_trial_has_a_row_for_each_figure_with_its_unit() -> None:
    """Two cells of two blocks: whoever reads it needs no second file."""
    table = tidy(run_of({"a": (10.0, 11.0), "b": (12.0, 13.0)}))

    assert tuple(table.columns) == COLUMNS
    assert len(table) == 2 * 2 * (len(of_casts([cast()])) + len(ruled(cast())))
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


def with_a_stalled_block() -> pd.DataFrame:
    """The table of a cell in whose second block nothing came."""
    run = run_of({"a": (10.0, 11.0)})
    (cell,) = run.workloads[0].cells
    stalled = replace(cell, trials=(cell.trials[0], replace(cell.trials[1], times={})))
    return tidy(figures_of(run.plan, {"small-events": [stalled]}))


def test_what_never_came_is_missing_with_what_it_exceeds() -> None:
    """Averaged over what has a value, a stalled block would vanish from somebody's own table."""
    table = with_a_stalled_block()

    found = table[table.metric == "end_to_end_ns_p99"]
    assert found.value.isna().tolist() == [False, True]
    assert found.at_least.tolist()[1] == 13e9  # the window of 12 s and the drain of 1 s


def test_openmetrics_keeps_a_bound_apart_from_the_figures() -> None:
    """As a sample of the figure it would be a stall of 13 s or more that reads as 13 s."""
    lines = openmetrics.render(with_a_stalled_block()).splitlines()

    figures = [line for line in lines if line.startswith("jetbench_end_to_end_ns_p99{")]
    bounds = [line for line in lines if line.startswith("jetbench_end_to_end_ns_p99_at_least{")]
    assert [line.split()[-1] for line in figures] == ["10000000.0"]
    assert [line.split()[-1] for line in bounds] == ["13000000000.0"]
    assert 'block="2"' in bounds[0]
    assert "# TYPE jetbench_end_to_end_ns_p99_at_least gauge" in lines
    assert not any(line.startswith("# TYPE jetbench_lost_at_least") for line in lines)


def test_a_count_that_nobody_can_tell_is_missing() -> None:
    """Below 0 it was not told; a trial that broke off has no ledger at all. A 0 is a count."""
    run = run_of({"a": (10.0, 11.0, 12.0)})
    (cell,) = run.workloads[0].cells
    untold = counting(cell.trials[0], lost=-1, backlog=7)
    broken = replace(cell.trials[1], record=replace(cell.trials[1].record, ledger=None))
    made = replace(cell, trials=(untold, broken, cell.trials[2]))

    table = tidy(figures_of(run.plan, {"small-events": [made]}))

    lost = table[table.metric == "lost"]
    assert lost.value.isna().tolist() == [True, True, False]
    assert lost.value.tolist()[2] == 0.0
    assert table[table.metric == "backlog"].value.tolist()[0] == 7.0
    assert set(lost.unit) == {"msgs"}


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
    figures = [line for line in lines if line.startswith("# TYPE ") and "_at_least " not in line]
    assert len(figures) == len(of_casts([cast()])) + len(ruled(cast()))


def test_how_often_messages_came_has_a_row_each() -> None:
    """Of several parts by the name of each, as figures are."""
    run = run_of({"a": (10.0,)})
    (cell,) = run.workloads[0].cells
    (trial,) = cell.trials

    def exported(**attempts: dict[int, int]) -> dict[str, float]:
        told = replace(trial, record=replace(trial.record, attempts=attempts))
        table = tidy(figures_of(run.plan, {"small-events": [replace(cell, trials=(told,))]}))
        rows = table[table.metric.str.contains("attempts")]
        return dict(zip(rows.metric, rows.value, strict=True))

    assert exported() == {}
    assert exported(consume={1: 90, 3: 10}) == {"attempts_1": 90, "attempts_3": 10}
    both = exported(consume={1: 90}, other={2: 5})
    assert both == {"consume.attempts_1": 90, "other.attempts_2": 5}
