"""What was done to the system is a line in every plot over time, and has a fold of its own."""

from dataclasses import replace

from bench.analysis.figures import CellFigures, RunFigures, TrialFigures
from bench.core.units import NS_PER_S
from bench.judgement.disturbed import disturbances_of
from bench.judgement.judge import judge
from bench.record.schema import Disturbed
from bench.report import disturbed, html, overtime
from bench.report.drawn_trials import Mark, lag_box, marks_of
from bench.report.settings import workload_words
from bench.spec.disturbances import Disturbance
from bench.spec.kinds.stream import FaultyConsume
from bench.spec.outages import Outage
from tests.report.factory import run_figures

PLANNED = Disturbance.model_validate({"at": "3s", "do": "crash", "part": "consumer", "for": "1s"})
CRASH = Disturbed(
    do="crash",
    part="consumer",
    planned_ns=5 * NS_PER_S,
    for_ns=NS_PER_S,
    begun_ns=5 * NS_PER_S + 1000,
    ended_ns=6 * NS_PER_S,
    generation=2,
    recovery_ns={"consume": 1_500_000_000},
)


def _trial(trial: TrialFigures, done: Disturbed) -> TrialFigures:
    return replace(trial, record=replace(trial.record, disturbances=(done,)))


def run(done: Disturbed = CRASH) -> RunFigures:
    """A run of one workload, of which each trial was disturbed."""
    figures = run_figures(workloads=("w",), blocks=1)
    (whole,) = figures.workloads

    def struck(cell: CellFigures) -> CellFigures:
        load = cell.cell.workload.model_copy(update={"disturbances": (PLANNED,)})
        trials = tuple(_trial(trial, done) for trial in cell.trials)
        return replace(cell, cell=replace(cell.cell, workload=load), trials=trials)

    cells = tuple(map(struck, whole.cells))
    plan = replace(figures.plan, cells=tuple(each.cell for each in cells))
    return replace(figures, plan=plan, workloads=(replace(whole, cells=cells),))


def test_each_instant_is_a_line_with_its_word_once() -> None:
    """However many trials it was in: they were all disturbed at the same one."""
    figures = run()
    (judged,) = judge(figures).workloads
    cells = [each.cell for each in judged.cells]

    assert marks_of(cells) == [Mark(5.0, "crash of consumer")]
    box = lag_box(cells)
    assert box is not None
    assert box.marks == (5.0,)
    assert '"marks":[[5.0,"crash of consumer"]]' in overtime.fold(judged, "w").plots


def test_what_was_done_is_told_with_the_load_and_in_a_fold() -> None:
    """A reader who does not open the plots knows, too."""
    figures = run()
    page = html.render(judge(figures), light=True)

    assert workload_words(figures.plan, "w").endswith(
        " Disturbed by: crash of consumer at 3s for 1s."
    )
    assert "Disturbances" in page
    assert "upright: crash of consumer" in page


def test_the_picture_has_one_trial_as_it_was() -> None:
    """Back 1.5 s after its end; where it never was, that is said."""
    (judged,) = judge(run()).workloads
    (found,) = disturbances_of(judged.cells[0].cell)

    assert (found.begin_s, found.end_s) == (5.000001, 6.0)
    assert found.recovery is not None
    assert found.recovery.time_s == 1.5

    (stuck,) = judge(run(replace(CRASH, recovery_ns={"consume": -1}))).workloads
    (never,) = disturbances_of(stuck.cells[0].cell)
    assert never.recovery is None


def test_an_outage_is_drawn_from_its_begin_to_its_end() -> None:
    """By the begin of the window, which the warm-up lies before."""
    figures = run_figures(workloads=("w",), blocks=1)
    (whole,) = figures.workloads
    outage = Outage.model_validate({"kind": "outage", "at": "1s", "lasts": "500ms"})

    def away(cell: CellFigures) -> CellFigures:
        consume = FaultyConsume(faults=(outage,))
        load = cell.cell.workload.model_copy(update={"consume": consume})
        return replace(cell, cell=replace(cell.cell, workload=load))

    cells = tuple(map(away, whole.cells))
    begin_s = cells[0].cell.workload.phases.warmup_ns / NS_PER_S + 1

    assert marks_of(cells) == [Mark(begin_s, "outage"), Mark(begin_s + 0.5, "end of the outage")]
    assert begin_s > 1


def test_a_calm_run_has_neither() -> None:
    """An empty fold would be opened in vain."""
    (judged,) = judge(run_figures(workloads=("w",), blocks=1)).workloads

    assert list(disturbed.folds(judged, "w")) == []
    assert marks_of([each.cell for each in judged.cells]) == []
