"""From the figures of a run and their judgement to the page; the one place that knows its order."""

from bench.analysis.figures import RunFigures
from bench.core import text
from bench.core.marks import State
from bench.core.units import human_size
from bench.judgement.model import Box, Judgement
from bench.report import background, changes, run_summary, trusted, workload
from bench.report.model import Front, Report
from bench.report.patterns import goals


def build(judged: Judgement) -> Report:
    """Return everything that the report of a run shows."""
    figures = judged.figures
    return Report(
        run_id=figures.run_id,
        title=figures.plan.label,
        front=front(judged),
        sections=(
            *goals.sections(judged.goals),
            *changes.sections(judged),
            *(workload.section(figures, each) for each in judged.workloads),
            trusted.section(judged.checks),
            background.section(figures),
        ),
        summary=run_summary.document(judged),
    )


def front(judged: Judgement) -> Front:
    """Return the first screen; with a gate, or where something failed, what failed comes first."""
    return Front(
        masthead=masthead(judged.figures),
        state=judged.state,
        headline=judged.headline,
        subline=judged.subline,
        boxes=_boxes(judged),
        notices=judged.notices,
    )


def masthead(figures: RunFigures) -> str:
    """Return product, label, date, server and host in one line."""
    env = figures.environment
    host = f"{env.host}, {text.plural(env.cpus, 'CPU')}, {human_size(env.memory_bytes)}"
    began = f"{text.minute(env.started_utc)} UTC"
    server = f"nats-server {env.server_version}"
    return " · ".join(["jetbench", figures.plan.label, began, server, host])


def _boxes(judged: Judgement) -> tuple[Box, ...]:
    each = judged.boxes.each
    failed = judged.boxes.failed
    if judged.gate is None and failed.state is not State.FAILS:
        return each
    return (failed, *(box for box in each if box is not failed))
