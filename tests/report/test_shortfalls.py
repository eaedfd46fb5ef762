"""What a cell that refuses, or never finishes, looks like: bad at first sight."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from bench.analysis.figures import CellFigures, RunFigures, TrialFigures, WorkloadFigures
from bench.core.marks import State
from bench.core.text import Scale
from bench.judgement.judge import judge
from bench.report import readings, rows, terminal
from bench.report.tables import Row, Table, Tone
from bench.report.workload import section
from bench.spec.expiring import without_evicted
from bench.spec.metrics import metric_of
from bench.spec.variant import Settings
from tests.analysis import runs
from tests.gate.figures import counting, figures_of, time_of, trial_of, with_trials
from tests.parts import Time

CELL = runs.cell("new")
P99 = "end_to_end_ns_p99"
SHORT = [
    ("refused", {"refused": 6_860}),
    ("unconfirmed", {"unconfirmed": 6_860}),
    ("not sent", {"published": 7_140}),
    ("lost", {"lost": 6_860}),
]
"""What falls short of 14 000 messages in each trial, and the ledger that says so."""


def of(change: Callable[[TrialFigures], TrialFigures]) -> WorkloadFigures:
    """A workload of one sound cell of 20 ms, and one of 10 ms whose trials are changed so."""
    old = runs.cell("old")
    sound = with_trials(old, [trial_of(old, block, 20.0) for block in range(1, 6)])
    other = with_trials(CELL, [change(trial_of(CELL, block, 10.0)) for block in range(1, 6)])
    plan = runs.plan([old, CELL], blocks=5)
    return figures_of(plan, {"small-events": [sound, other]}).workloads[0]


def figures_with(workload: WorkloadFigures) -> RunFigures:
    """A run of that workload."""
    plan = runs.plan([cell.cell for cell in workload.cells], blocks=5)
    return figures_of(plan, {"small-events": list(workload.cells)})


def never_finished(trial: TrialFigures) -> TrialFigures:
    """A quarter of the 20 000 messages never came; the drain of 1 s ended without them."""
    finished = time_of(10.0, messages=15_000)
    unknown = {p: ns if p < 75 else None for p, ns in finished.percentiles_ns.items()}
    return replace(trial, times={Time.END_TO_END: replace(finished, percentiles_ns=unknown)})


@pytest.mark.parametrize(("word", "counts"), SHORT)
def test_what_fell_short_stands_first_and_red(word: str, counts: dict[str, int]) -> None:
    """49 % of 14 000 in each trial: no reader may first see that the rest was twice as fast."""
    workload = of(lambda trial: counting(trial, **counts))

    judged = judge(figures_with(workload))
    found = rows.table(judged.workloads[0])
    place = [column.title for column in found.columns].index(word.capitalize())

    assert judged.headline == f"new had 49.0 % {word}"
    assert judged.state is State.FAILS
    assert judged.boxes.failed.state is State.FAILS
    assert [row.entries[place].text for row in found.rows] == ["0", "✕ 34\u202f300"]
    assert [row.entries[place].tone for row in found.rows] == [Tone.PLAIN, Tone.BAD]


def paced(per_key: str) -> CellFigures:
    """A cell whose handlers are run so; where it is counted, five messages were overtaken."""
    settings = Settings.model_validate({"handler": {"per_key": per_key}})
    cell = runs.cell(per_key, settings=settings)
    told = {} if per_key == "none" else {"overtaken": 5}
    trial = counting(trial_of(cell, 1, 10.0), **told)
    return with_trials(cell, [replace(trial, record=replace(trial.record, cast=cell.cast))])


def test_a_count_is_red_where_it_is_a_fault_and_no_figure_where_nobody_counts() -> None:
    """Who keeps no order is not held to it, and who does not look has not 0."""
    cells = [paced(per_key) for per_key in ("none", "counted", "in-order")]
    figures = figures_of(
        runs.plan([each.cell for each in cells], blocks=1), {"small-events": cells}
    )

    found = rows.table(judge(figures).workloads[0])
    place = [column.title for column in found.columns].index("Overtaken")

    assert [row.entries[place].text for row in found.rows] == ["n/a", "5", "✕ 5"]


def limited(name: str, limit: dict[str, int], *, told: bool = True, **counts: int) -> CellFigures:
    """A cell of a stream with a limit; records of it from before that was told count it as lost."""
    cell = runs.cell(name, settings=Settings.model_validate({"stream": limit}))
    cast = cell.cast if told else without_evicted(cell.cast)
    trial = counting(trial_of(cell, 1, 10.0), **counts)
    return with_trials(cell, [replace(trial, record=replace(trial.record, cast=cast))])


def test_what_no_setting_does_is_0_and_what_one_does_and_nobody_counted_is_no_figure() -> None:
    """Messages of which nobody could tell that a limit took them are not none."""
    limit = {"max_msgs": 1000}
    cells = [
        limited("unlimited", {}),
        limited("told", limit, evicted=5),
        limited("untold", limit, told=False),
    ]
    figures = figures_of(
        runs.plan([each.cell for each in cells], blocks=1), {"small-events": cells}
    )

    found = rows.table(judge(figures).workloads[0])
    place = [column.title for column in found.columns].index("Evicted")

    assert [row.entries[place].text for row in found.rows] == ["0", "✕ 5", "n/a"]


def test_a_table_without_shortfalls_has_no_columns_for_them() -> None:
    """Columns are dear, and three of zeros say no more than none."""
    workload = of(lambda trial: trial)

    found = rows.table(judge(figures_with(workload)).workloads[0])
    heads = [column.title for column in found.columns]

    assert not {"Refused", "Unconfirmed", "Not sent", "Lost"} & set(heads)


def test_what_never_came_hides_a_percentile_and_the_table_says_so() -> None:
    """A quarter never finished: p99 is no n/a for want of messages, it is 1 s or more."""
    workload = of(never_finished)
    found = readings.entry(workload.cells[1], metric_of(P99), Scale(unit="ms", factor=1e6))

    assert (found.text, found.tone) == ("≥ 1\u202f000", Tone.BAD)
    assert found.hint == (
        "up to 25.0 % of a trial's messages never came so far, so it is longer than can be told"
    )


def test_a_median_that_most_messages_reached_is_told() -> None:
    """Three quarters came: half of all certainly did, in 10 ms."""
    cell = of(never_finished).cells[1]

    assert cell.estimates["end_to_end_ns_p50"].value == pytest.approx(10e6)


def test_the_line_of_a_trial_says_what_is_hidden() -> None:
    """Whoever watches a run must not read n/a and think of a short window."""
    line = terminal.trial_line(of(never_finished).cells[1].trials[0], "1/5")

    assert "p50 10.0 ms  p99 ≥ 1.00 s" in line


def row_of(found: WorkloadFigures, place: int) -> tuple[Table, Row]:
    """The table of the workload's page, and one of its rows."""
    figures = figures_with(found)
    made = section(judged := judge(figures), judged.workloads[0])
    (table,) = (block for block in made.blocks if isinstance(block, Table))
    return table, table.rows[place]


@pytest.mark.parametrize(("word", "counts"), SHORT)
def test_what_fell_short_stands_in_the_row_and_red(word: str, counts: dict[str, int]) -> None:
    """49 % of 14 000 in each trial: no reader may first see that the rest was twice as fast."""
    workload = of(lambda trial: counting(trial, **counts))

    table, short = row_of(workload, 1)
    _, sound = row_of(workload, 0)

    assert table.columns[-1].title == "Fell short"
    assert short.state is State.FAILS
    assert short.reasons[0] == f"34\u202f300 messages {word}"
    found = short.entries[-1]
    assert (found.text, found.detail, found.tone) == (f"✕ 34\u202f300 {word}", "49.0 %", Tone.BAD)
    assert sound.entries[-1].text == "0"
    assert not [each for each in short.entries if each.tone is Tone.BETTER]


def test_a_table_without_shortfalls_has_no_column_for_them() -> None:
    """Columns are dear, and one of zeros says no more than none."""
    table, _ = row_of(of(lambda trial: trial), 1)

    assert "Fell short" not in [column.title for column in table.columns]


def test_what_never_came_hides_a_percentile_of_all_trials_together() -> None:
    """Merged as well: 15 000 of 20 000 in each of five trials do not reach a p99."""
    cell = of(never_finished).cells[1]
    merged = replace(cell.trials[0].times[Time.END_TO_END], count=75_000)
    cell = replace(cell, times={Time.END_TO_END: merged})
    scale = Scale(unit="ms", factor=1e6)

    assert readings.pooled(cell, Time.END_TO_END, 50.0, scale).text == "10.0"
    assert readings.pooled(cell, Time.END_TO_END, 99.0, scale).text == "≥ 1\u202f000"
