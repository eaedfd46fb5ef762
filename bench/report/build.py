"""From the figures of a run and their judgement to the page; the one place that knows its order."""

from collections.abc import Callable
from functools import partial

from bench.analysis.figures import RunFigures
from bench.core import text
from bench.core.direction import isolated
from bench.core.marks import State
from bench.core.units import human_size
from bench.judgement.model import Box, Judgement, WorkloadJudgement
from bench.judgement.tried import Tuning
from bench.report import background, changes, every_trial, trusted, workload
from bench.report.model import Section
from bench.report.patterns import capacity, goals, outlook, tuning

Maker = Callable[[], tuple[Section, ...]]


def makers(judged: Judgement) -> tuple[Maker, ...]:
    """Return what makes the sections below the first screen, in the page's order."""
    if judged.capacities:
        return _of_search(judged)
    if judged.tuning is not None:
        return _of_tuning(judged, judged.tuning)
    return (
        lambda: goals.sections(judged.goals),
        lambda: changes.sections(judged),
        *(partial(_of_workload, judged, each) for each in judged.workloads),
        lambda: (trusted.section(judged.checks),),
        lambda: (background.section(judged.figures),),
    )


def _of_search(judged: Judgement) -> tuple[Maker, ...]:
    """Return the same of a run that sought capacities: no single look stands among its answers."""
    return (
        lambda: outlook.sections(judged.outlook),
        lambda: capacity.sections(judged.capacities),
        lambda: (trusted.section(judged.checks),),
        lambda: (every_trial.section(judged),),
        lambda: (background.section(judged.figures),),
    )


def _of_tuning(judged: Judgement, found: Tuning) -> tuple[Maker, ...]:
    """Return the same of a run that sought settings."""
    return (
        lambda: tuning.sections(found),
        lambda: (trusted.section(judged.checks),),
        lambda: (every_trial.section(judged),),
        lambda: (background.section(judged.figures),),
    )


def sections(judged: Judgement) -> tuple[Section, ...]:
    """Return everything that the report of a run shows below its first screen."""
    return tuple(section for make in makers(judged) for section in make())


def _of_workload(judged: Judgement, each: WorkloadJudgement) -> tuple[Section, ...]:
    return (workload.section(judged, each),)


def masthead(figures: RunFigures) -> str:
    """Return product, label, date, server and host in one line."""
    env = figures.environment
    host = f"{isolated(env.host)}, {text.plural(env.cpus, 'CPU')}, {human_size(env.memory_bytes)}"
    began = f"{text.minute(env.started_utc)} UTC"
    server = f"nats-server {env.server_version}"
    return " · ".join(["jetbench", isolated(figures.plan.label), began, server, host])


def boxes(judged: Judgement) -> tuple[Box, ...]:
    """Return the answers; with a gate, or where something failed, what failed comes first."""
    each = judged.boxes.each
    failed = judged.boxes.failed
    if judged.gate is None and failed.state is not State.FAILS:
        return each
    return (failed, *(box for box in each if box is not failed))
