"""From the figures of a run to its judgement: the one place that every view's words come from."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bench.analysis.figures import RunFigures, WorkloadFigures
from bench.analysis.ranking import ranking_key, ranking_reason
from bench.analysis.validity import baseline_of, reproach_of_workload
from bench.core.marks import State
from bench.gate.calibration import Calibration
from bench.gate.criteria import Answer, answer
from bench.gate.verdict import GateResult
from bench.judgement import best, hosts, searched, trust
from bench.judgement.attempts import attempts
from bench.judgement.boxes import Asked, failed, keeps_up, sure
from bench.judgement.capacities import capacities_of
from bench.judgement.cells import cells_of
from bench.judgement.check import Check
from bench.judgement.checked import checks_of
from bench.judgement.choosing import Judged, choose
from bench.judgement.finals import finals
from bench.judgement.goals import goals_of
from bench.judgement.headlines import headline, of_workload
from bench.judgement.kinds import Capacity
from bench.judgement.limits import limits
from bench.judgement.model import Box, Boxes, Goal, Judgement, WorkloadJudgement
from bench.judgement.noted import noted
from bench.judgement.notices import notices_of
from bench.judgement.planned import outlook_of, with_plan
from bench.judgement.suggestions import suggestions
from bench.judgement.tunings import tuning_of
from bench.record.health import Health
from bench.seek.tuned import Tuned, tuned
from bench.spec.metrics import PRICE, metric_of


def judge(
    figures: RunFigures,
    gate: GateResult | None = None,
    calibration: Calibration | None = None,
    health: Health | None = None,
) -> Judgement:
    """Return the judgement of a run.

    Args:
        figures: of the run.
        gate: what a gate says of it; None without one. Its verdict then goes before all else.
        calibration: kept with the results; None without one.
        health: what was found out about a host, kept with them; told beside capacities where it is
            this one.
    """
    if gate is None and (found := capacities_of(figures)):
        known = hosts.of_host(health, figures.environment)
        return _searched(figures, found, calibration, known)
    if gate is None and figures.plan.tuning is not None:
        return of_tuning(figures, tuned(figures), calibration)
    asked = answer(figures)
    return _judged(figures, gate, asked, calibration)


def _searched(
    figures: RunFigures,
    searches: Sequence[Capacity],
    calibration: Calibration | None,
    health: Health | None,
) -> Judgement:
    """Return the judgement of a run that sought capacities: by them, and by no single trial."""
    ceilings = hosts.ceilings(health) if health else ()
    beside = hosts.words(health, figures.environment) if health else ""
    found = [replace(each, ceilings=ceilings, host=beside) for each in searches]
    checks = trust.checks_of(searched.rests_on(figures), calibration, searched.soaks(found))
    without = _judged(figures, None, None, calibration)
    boxes = searched.boxes(figures, found, checks, beside)
    outlook = outlook_of(figures, found, usable=boxes.sure.state is not State.FAILS)
    above = searched.headline(found, figures.plan.question)
    above = above if outlook is None else with_plan(above, outlook)
    return replace(
        without,
        state=above.state,
        headline=above.text,
        subline=above.below,
        boxes=boxes,
        checks=checks,
        notices=tuple(searched.notices(figures, found)),
        capacities=tuple(found),
        outlook=outlook,
    )


def of_tuning(
    figures: RunFigures, sought: Tuned, calibration: Calibration | None = None
) -> Judgement:
    """Return the judgement of a run that sought settings: by what confirming blocks say.

    Args:
        figures: of the run.
        sought: what the search came to, read from them.
        calibration: kept with the results; None without one.
    """
    found, rests_on = tuning_of(sought, figures.plan), best.rests_on(figures, sought)
    checks = trust.checks_of(rests_on, calibration, best.confirming(sought))
    without = _judged(figures, None, None, calibration)
    above = best.headline(found, figures.plan.question)
    return replace(
        without,
        state=above.state,
        headline=above.text,
        subline=above.below,
        boxes=best.boxes(figures, rests_on, found, checks),
        checks=checks,
        notices=tuple(best.notices(figures, found)),
        tuning=found,
    )


def _judged(
    figures: RunFigures,
    gate: GateResult | None,
    found: Answer | None,
    calibration: Calibration | None,
) -> Judgement:
    goals, checks = goals_of(figures, gate, found), trust.checks_of(figures, calibration)
    context = _Context(figures=figures, goals=goals, checks=checks, gate=gate, answer=found)
    untold = [_workload(each, figures) for each in figures.workloads]
    workloads = tuple(_answered(each, context, untold) for each in untold)
    above = headline(workloads, gate, found, figures.plan.question)
    return Judgement(
        figures=figures,
        state=above.state,
        headline=above.text,
        subline=above.below,
        boxes=context.boxes(workloads, workloads),
        workloads=workloads,
        goals=goals,
        checks=checks,
        notices=notices_of(figures, workloads, gate),
        gate=gate,
        answer=found,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Context:
    """What the answers over all workloads and over one of them have in common."""

    figures: RunFigures
    goals: tuple[Goal, ...]
    checks: tuple[Check, ...]
    gate: GateResult | None
    answer: Answer | None

    def boxes(self, workloads: Judged, every: Judged) -> Boxes:
        """Return the four answers; what was asked of the whole run is answered for all of it."""
        names = {each.figures.name for each in workloads}
        judged = self.gate or self.answer
        asked = Asked(
            figures=self.figures,
            workloads=workloads,
            goals=[goal for goal in self.goals if goal.workload in names],
            checks=self.checks,
            judged=judged,
        )
        return Boxes(
            choose=choose(every if judged else workloads, self.answer, self.gate),
            sure=sure(asked),
            failed=failed(asked),
            keeps_up=keeps_up(workloads),
        )


def _workload(workload: WorkloadFigures, figures: RunFigures) -> WorkloadJudgement:
    base = baseline_of(workload, figures.plan.baseline)
    nothing = Box(asks="", state=None, word="", text="")
    cells = cells_of(workload, base, figures.plan)
    return WorkloadJudgement(
        figures=workload,
        reproach=reproach_of_workload(workload, figures.plan.baseline),
        primary=metric_of(ranking_key(workload.cells)),
        price=metric_of(PRICE),
        ranking_reason=ranking_reason(workload.cells),
        cells=cells,
        held=checks_of(workload.cells),
        noted=(*noted(cells), *attempts(cells), *finals(cells)),
        limits=(*limits(cells), *suggestions(cells)),
        boxes=Boxes(choose=nothing, sure=nothing, failed=nothing, keeps_up=nothing),
        sentence="",
    )


def _answered(workload: WorkloadJudgement, context: _Context, every: Judged) -> WorkloadJudgement:
    """Return a workload with its own four answers and its sentence, by the rules of the run."""
    alone = (workload,)
    return replace(
        workload,
        boxes=context.boxes(alone, every),
        sentence=f"{of_workload(workload, context.gate)}.",
    )
