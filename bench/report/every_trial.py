"""The sections of workloads, folded, of a run that sought something: no answer is among them."""

from bench.core import text
from bench.judgement.model import Judgement, WorkloadJudgement
from bench.report import workload
from bench.report.model import Fold, Section, Text


def section(judged: Judgement) -> Section:
    """Return every trial with all that a run shows of a workload."""
    folds = tuple(_fold(judged, each) for each in judged.workloads)
    what = "Each look at a rate" if judged.capacities else "Everything that was tried"
    lead = ((f"{what}, as a run shows a workload.",),)
    return Section("every-trial", "Every trial", folds, lead=lead)


def _fold(judged: Judgement, each: WorkloadJudgement) -> Fold:
    shown = workload.section(judged, each)
    trials = sum(len(cell.cell.trials) for cell in each.cells)
    blocks = (*(Text(one) for one in shown.lead), *shown.blocks)
    return Fold(shown.id, shown.title, blocks, note=text.plural(trials, "trial"))
