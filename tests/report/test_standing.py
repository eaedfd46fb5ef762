"""What the report says came out."""

from dataclasses import replace

from bench.analysis.deciding import decisions
from bench.analysis.figures import CellFigures, LagVerdict, WorkloadFigures
from bench.record.schema import Time
from bench.report import standing
from bench.report.model import plain
from tests.gate.figures import run_of
from tests.report.factory import cell_figures, run_figures
from tests.report.trial_factory import Variant

FAST = Variant(names=("c/fast",), settings={"pull": {"batch": 100}}, p50_ms=1.0)
SLOW = Variant(names=("c/slow",), settings={"pull": {"batch": 1}}, p50_ms=2.0)


def workload(*variants: Variant, blocks: int = 5) -> WorkloadFigures:
    figures = run_figures(variants=variants, workloads=("w",), blocks=blocks, with_fault=False)
    return figures.workloads[0]


def said(figures: WorkloadFigures) -> str:
    return " ".join(plain(sentence) for sentence in standing.answers(figures))


def test_a_clear_difference_is_called_separable() -> None:
    """A cell twice as slow in every one of five blocks is what the run was made to find."""
    words = said(workload(SLOW, FAST))

    assert words.startswith("Shortest end-to-end p99: c/fast")
    assert "Next that is separably slower: c/slow" in words


def test_two_blocks_separate_nothing() -> None:
    """With two blocks chance alone makes a first and a second: the report must say so."""
    words = said(workload(SLOW, FAST, blocks=2))

    assert words.startswith("Lowest end-to-end p99, perhaps by chance: c/fast")
    assert "2 valid blocks; fewer than 3 cannot say" in words
    assert "separably" not in words


def test_cells_that_chance_could_swap_are_named_together() -> None:
    """Crowning one of two equal cells sends a team after a difference that is not there."""
    twin = replace(FAST, names=("c/twin",))
    words = said(workload(FAST, twin))

    assert words.startswith("Shortest end-to-end p99 cannot be told apart: ")
    assert "No cell is separably slower." in words


def test_the_first_sentence_claims_nothing_that_the_next_takes_back() -> None:
    """The list of runs shows it alone: a winner there would be the only thing that is read."""
    twin = replace(FAST, names=("c/twin",))
    figures = workload(FAST, twin, SLOW)
    first, *others = (plain(sentence) for sentence in standing.answers(figures))

    assert first.startswith("Shortest end-to-end p99 cannot be told apart: ")
    assert "c/fast" in first
    assert "c/twin" in first
    assert others[0].startswith("Next that is separably slower: c/slow, ×2.")


def early(cell: CellFigures) -> CellFigures:
    """The cell as it is when acks precede the handler: done no sooner, acked at once."""
    trials = [
        replace(t, times={**t.times, Time.END_TO_END: t.times[Time.RESPONSE]}) for t in cell.trials
    ]
    return cell_figures(cell.cell, trials)


def test_acking_early_wins_nothing() -> None:
    """The work is done as late as by the others; only the ack came before it."""
    late = replace(SLOW, names=("c/late",), settings={"pull": {"batch": 2}})
    acks_first = replace(SLOW, names=("c/early",), settings={"ack": {"timing": "after-validation"}})
    figures = workload(late, acks_first, FAST)
    cells = (figures.cells[0], early(figures.cells[1]), figures.cells[2])
    assert min(cells, key=lambda c: c.estimates["end_to_end_ns_p99"].value) is cells[1]
    words = said(replace(figures, cells=cells, decisions=decisions(cells)))

    assert words.startswith("Shortest completion p99: c/fast, ")
    assert "Ranked by completion" in words
    assert "acknowledge at different moments (after-handler, after-validation)" in words


def test_one_ack_timing_is_ranked_end_to_end() -> None:
    """Where all ack at the same moment the time until the ack is what was asked for."""
    assert "completion" not in said(workload(FAST, SLOW))


def test_a_growing_lag_is_said_beside_the_times() -> None:
    """The p99 of a consumer that falls behind depends on when the window ended."""
    behind = replace(SLOW, names=("c/behind",), behind_msgs_per_s=600.0)
    figures = workload(FAST, behind)

    assert figures.cells[1].lag_verdict is LagVerdict.GROWING
    assert "Lag is growing, so times get longer the longer it runs: c/behind." in said(figures)


def test_loss_is_said_before_anything_but_the_first() -> None:
    """A fast configuration that loses is a failed one (MEASUREMENT.md R16)."""
    figures = workload(FAST, SLOW)
    cell = figures.cells[0]
    ledger = cell.trials[0].record.ledger
    assert ledger is not None
    lossy = replace(cell.trials[0].record, ledger=replace(ledger, lost=3))
    trials = (replace(cell.trials[0], record=lossy), *cell.trials[1:])
    figures = replace(figures, cells=(replace(cell, trials=trials), *figures.cells[1:]))

    assert "Messages were lost, whatever the times say: c/fast." in said(figures)


def test_a_variant_without_acks_is_named_as_not_comparable() -> None:
    """It would else just be missing from the ranking without a word."""
    never = Variant(
        names=("c/none",),
        settings={"ack": {"timing": "none"}, "consumer": {"ack_policy": "none"}},
        p50_ms=0.5,
    )

    assert "Never acknowledges, so has no end-to-end time: c/none." in said(workload(FAST, never))


def test_a_run_without_valid_trials_ranks_nobody() -> None:
    """A figure from invalid trials would be worse than none."""
    figures = workload(FAST, SLOW)
    empty = tuple(replace(cell, estimates={}, trials=()) for cell in figures.cells)

    assert "No cell has a figure for end-to-end p99" in said(replace(figures, cells=empty))


def test_a_cell_that_is_invalid_by_itself_is_named_and_not_ranked() -> None:
    """Its three good trials of five would otherwise be the headline."""
    slower = dict.fromkeys("abcd", (4.0, 4.1, 3.9, 4.0, 4.0))
    cells = {"slow": (2.0, 2.1, 1.9, 2.0, 2.0), "fast": (None, None, 1.0, 1.0, 1.0), **slower}
    figures = run_of(cells).workloads[0]

    words = " ".join(plain(sentence) for sentence in standing.answers(figures))

    assert words.startswith("Shortest end-to-end p99: pull-batch/slow")
    assert "Too many invalid trials to be ranked: pull-batch/fast." in words


def test_of_an_invalid_workload_nothing_is_concluded() -> None:
    """Two of the baseline's five trials are invalid: all is compared with it."""
    good = (2.0, 2.1, 1.9, 2.0, 2.0)
    cells = {"new": good, "old": (None, None, 1.0, 1.0, 1.0), **dict.fromkeys("abcd", good)}
    figures = run_of(cells).workloads[0]

    (only,) = (plain(sentence) for sentence in standing.answers(figures, "pull-batch/old"))

    assert only.startswith("Nothing can be concluded: the baseline cannot be relied on")


def test_a_cell_that_fell_behind_in_a_trial_is_named_and_not_left_out() -> None:
    """Without a p99 it cannot be ranked, and a headline without it would pass it over."""
    figures = workload(FAST, SLOW, replace(SLOW, names=("c/behind",)))
    behind = figures.cells[2]
    first, *others = behind.trials
    times = first.times[Time.END_TO_END]
    few = replace(times, count=10, percentiles_ns=dict.fromkeys(times.percentiles_ns))
    fallen = replace(first, times={**first.times, Time.END_TO_END: few})
    cells = (*figures.cells[:2], cell_figures(behind.cell, (fallen, *others)))

    words = said(replace(figures, cells=cells, decisions=decisions(cells)))

    assert "Not ranked, for some trial fell too far behind to tell: c/behind." in words
