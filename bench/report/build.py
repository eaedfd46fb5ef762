"""From the figures of a run and their judgement to the page; the one place that knows its order."""

from bench.analysis.figures import RunFigures
from bench.core import text
from bench.core.direction import isolated
from bench.core.marks import State
from bench.core.units import human_size
from bench.judgement.model import Box, Judgement
from bench.report import background, changes, trusted, workload
from bench.report.model import Section
from bench.report.patterns import goals


def sections(judged: Judgement) -> tuple[Section, ...]:
    """Return everything that the report of a run shows below its first screen."""
    return (
        *goals.sections(judged.goals),
        *changes.sections(judged),
        *(workload.section(judged, each) for each in judged.workloads),
        trusted.section(judged.checks),
        background.section(judged.figures),
    )


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
