"""Tables that set cells side by side."""

from dataclasses import replace

import pytest

from bench.analysis.deciding import decisions
from bench.analysis.figures import RunFigures, WorkloadFigures
from bench.report import comparison
from bench.report.model import Entry, Table, Tone
from bench.spec.metrics import metric_of
from tests.report.factory import cell_figures, run_figures
from tests.report.trial_factory import Variant

FAST = Variant(names=("c/fast", "d/base"), settings={"pull": {"batch": 100}}, p50_ms=1.0)
SLOW = Variant(names=("c/slow",), settings={"pull": {"batch": 1}}, p50_ms=2.0)
NEVER = Variant(
    names=("c/none",),
    settings={"ack": {"timing": "none"}, "consumer": {"ack_policy": "none"}},
    p50_ms=1.0,
)


@pytest.fixture(scope="module")
def figures() -> RunFigures:
    return run_figures(variants=(FAST, SLOW, NEVER), workloads=("w",), with_fault=False)


def entry(table: Table, row: int, group: str, title: str) -> Entry:
    column = [(c.group, c.title) for c in table.columns].index((group, title))
    return table.rows[row].entries[column]


def table_of(figures: RunFigures) -> Table:
    return comparison.workload_table(figures.workloads[0], figures.metrics, "t")


def test_a_cell_stands_under_all_its_variants_names(figures: RunFigures) -> None:
    """A cell measured once for two configs must be found under either."""
    assert table_of(figures).rows[0].names == ("c/fast", "d/base")


def test_the_best_is_marked_and_the_others_show_their_distance(figures: RunFigures) -> None:
    """The reader wants the gap, not a subtraction; the mark is a word, not only a colour."""
    best = entry(table_of(figures), 0, "End-to-end", "p99")
    other = entry(table_of(figures), 1, "End-to-end", "p99")

    assert (best.detail, best.tone) == ("best", Tone.BEST)
    assert other.detail.startswith("+")
    assert other.order is not None
    assert best.order is not None
    estimates = [c.estimates["end_to_end_ns_p99"].value for c in figures.workloads[0].cells[:2]]
    assert [best.order, other.order] == estimates


def p99_details(*variants: Variant, blocks: int = 5) -> list[str]:
    """What stands under the end-to-end p99 of these variants, in their order."""
    run = run_figures(variants=variants, workloads=("w",), blocks=blocks, with_fault=False)
    table = table_of(run)
    return [entry(table, row, "End-to-end", "p99").detail for row in range(len(variants))]


def test_of_equal_cells_none_is_the_best() -> None:
    """Somebody always lies lowest; the mark is for what would come back."""
    details = p99_details(*(replace(SLOW, names=(f"c/v{n}",)) for n in range(5)))

    assert sorted(detail.partition(" ")[0] for detail in details) == ["", "≈", "≈", "≈", "≈"]


def test_below_three_blocks_only_values_stand() -> None:
    """The quickstart has two: there a mark on every row would say what nobody can know."""
    assert p99_details(FAST, SLOW, blocks=2) == ["", ""]


def test_a_tie_at_the_top_does_not_hide_the_others() -> None:
    """Two cells alike to the last digit once left the third without a distance."""
    first, tie, slow = (
        run_figures(
            variants=(FAST, replace(FAST, names=("c/tie",)), SLOW),
            workloads=("w",),
            with_fault=False,
        )
        .workloads[0]
        .cells
    )
    cells = (first, cell_figures(tie.cell, first.trials), slow)
    metric = metric_of("end_to_end_ns_p99")
    workload = WorkloadFigures(name="w", cells=cells, decisions=decisions(cells))
    table = comparison.workload_table(workload, [metric], "t")
    one, other, last = (row.entries[0].detail for row in table.rows)

    assert (one, other[0]) == ("≈ best", "≈")
    assert last.startswith("×2.")


def test_what_falls_behind_is_neither_the_best_nor_set_against_it() -> None:
    """A third of the others' time, measured for as long as it took to fall behind."""
    behind = replace(FAST, names=("c/behind",), p50_ms=0.3, behind_msgs_per_s=640.0)

    first, second, last = p99_details(behind, FAST, SLOW)

    assert (first, second) == ("", "best")
    assert last.startswith("×2.")


def test_where_acks_differ_no_rate_of_acks_is_the_best() -> None:
    """A fifth more acks a second, all before the work: nothing is done sooner for it."""
    early = replace(FAST, names=("c/early",), settings={"ack": {"timing": "after-validation"}})
    run = run_figures(variants=(early, SLOW), workloads=("w",), with_fault=False)

    table = table_of(run)

    assert [entry(table, row, "Rate", "acked").detail for row in (0, 1)] == ["", ""]
    assert entry(table, 0, "Delivery", "p99").detail == "best"


def test_where_acks_differ_completion_stands_in_the_wide_table(figures: RunFigures) -> None:
    """It is what the headline goes by."""
    groups = [name for name, *_ in table_of(figures).groups]

    assert "Completion" in groups


def test_a_missing_figure_says_why(figures: RunFigures) -> None:
    """n/a without a reason reads as a fault of the tool."""
    missing = entry(table_of(figures), 2, "End-to-end", "p99")

    assert missing.text == "n/a"
    assert "never acknowledges" in missing.hint
    assert missing.order is None


def test_a_verdict_is_a_mark_and_a_word(figures: RunFigures) -> None:
    """Colour alone would leave out those who do not see it, and paper."""
    assert entry(table_of(figures), 0, "Lag", "verdict").text == "✓ stable"


def with_lost(workload: WorkloadFigures, lost: int) -> WorkloadFigures:
    cell = workload.cells[0]
    ledger = cell.trials[0].record.ledger
    assert ledger is not None
    record = replace(cell.trials[0].record, ledger=replace(ledger, lost=lost))
    trials = (replace(cell.trials[0], record=record), *cell.trials[1:])
    return replace(workload, cells=(replace(cell, trials=trials), *workload.cells[1:]))


def test_a_single_lost_message_stands_out(figures: RunFigures) -> None:
    """One in a million would vanish in a rate; as a count with a mark it does not."""
    workload = with_lost(figures.workloads[0], 1)
    table = comparison.workload_table(workload, figures.metrics, "t")

    assert entry(table, 0, "Messages", "lost") == Entry(
        text="✕ 1",
        hint="stored, never received and not in the backlog; all trials together",
        order=1,
        tone=Tone.BAD,
    )


def test_a_question_shows_what_its_variants_set_differently(figures: RunFigures) -> None:
    """`batch-1` means nothing to a reader who does not know that pull.batch was 1."""
    fast, slow, _ = figures.workloads[0].cells
    shown = {"fast": fast, "slow": slow}
    table = comparison.question_table(figures.workloads[0], shown, figures.metrics, "t", "c")

    assert table.rows[0].names == ("pull.batch",)
    assert [e.text for e in table.rows[0].entries] == ["100", "1"]
    assert [column.title for column in table.columns] == ["fast", "slow"]


def test_every_metric_stands_in_a_questions_table(figures: RunFigures) -> None:
    """What the wide table leaves out for room must be somewhere."""
    fast, slow, _ = figures.workloads[0].cells
    shown = {"fast": fast, "slow": slow}
    table = comparison.question_table(figures.workloads[0], shown, figures.metrics, "t", "c")
    heads = [row.names[0] for row in table.rows]

    assert all(any(head.startswith(m.title) for head in heads) for m in figures.metrics)


def test_groups_span_their_columns(figures: RunFigures) -> None:
    """A heading over the wrong columns mislabels every figure below it."""
    table = table_of(figures)

    assert sum(span for _, span, _ in table.groups) == len(table.columns)
    assert table.groups[:2] == (("End-to-end", 4, ""), ("Completion", 2, ""))
    assert ("Lag", 3, "") in table.groups


def test_a_time_that_no_cell_has_is_of_no_unit(figures: RunFigures) -> None:
    """A row of n/a in µs beside rows in ms made the reader look for the difference."""
    never = {"none": figures.workloads[0].cells[2]}
    table = comparison.question_table(figures.workloads[0], never, figures.metrics, "t", "c")
    names = [row.names[0] for row in table.rows]

    assert "end-to-end p99" in names
    assert "completion p99, ms" in names


def test_times_of_one_group_share_a_unit(figures: RunFigures) -> None:
    """p50 of 0.09 ms and p99 of 1.2 ms are compared at sight only when both are in ms or µs."""
    quick = replace(FAST, names=("c/quick",), p50_ms=0.05, tail=9.0)
    cell = run_figures(variants=(quick,), workloads=("w",), with_fault=False).workloads[0].cells[0]
    table = comparison.question_table(
        figures.workloads[0], {"quick": cell}, figures.metrics, "t", "c"
    )
    units = {
        row.names[0].rpartition(", ")[2]
        for row in table.rows
        if row.names[0].startswith("end-to-end")
    }

    assert units == {"µs"}
