"""Every rate that a search tried, and what it said: a row each."""

from collections.abc import Iterator

from bench.core import text
from bench.core.marks import State
from bench.judgement.capacities import LAG_SLOPE, cpu_key
from bench.judgement.kinds import Capacity, Step
from bench.report import readings
from bench.report.tables import Column, Entry, Row, Table, Tone, marked, untold
from bench.seek.bracket import Said
from bench.seek.words import bare
from bench.spec.metrics import Metric, metric_of

STATES = {
    Said.MET: State.HOLDS,
    Said.MISSED: State.FAILS,
    Said.OPEN: State.DOUBTFUL,
    Said.NOT_OFFERED: State.UNKNOWN,
    Said.SPOILT: State.UNKNOWN,
}


def table(found: Capacity, id_: str) -> Table:
    """Return a row for each rate and purpose, by rising rate."""
    caption = f"{found.variant}: every rate that was tried, soaks of one together"
    return Table(id_, caption, "msg/s").of(
        found.steps, lambda step: Row((bare(step.rate_per_s),)), tuple(_columns(found))
    )


def _columns(found: Capacity) -> Iterator[Column[Step]]:
    yield Column("For", lambda step: step.purpose.value, "words")
    yield Column("Trials", _trials)
    yield Column("Says", lambda step: marked(STATES[step.said], step.said.value), "words")
    for metric in (*(curve.metric for curve in found.curves), metric_of(LAG_SLOPE)):
        yield _figure(found, metric, metric.title)
    for role in found.roles:
        yield _figure(found, metric_of(cpu_key(role)), f"{role} CPU")
    yield Column("Why", lambda step: Entry(step.why, tone=Tone.MUTED), "prose")


def _trials(step: Step) -> Entry:
    spoilt = step.trials - step.valid
    return Entry(str(step.trials), detail=f"{text.count(spoilt)} invalid" if spoilt else "")


def _figure(found: Capacity, metric: Metric, title: str) -> Column[Step]:
    scale = readings.scale(metric, list(_values(found, metric)))

    def entry(step: Step) -> Entry:
        figure = step.figures.get(metric.key)
        if figure is None:
            return untold("no valid trial tells it")
        value = figure.value / scale.factor
        written = text.slope(value) if metric.key == LAG_SLOPE else text.number(value)
        return Entry(f"{'≥ ' if figure.at_least else ''}{written}")

    return Column(title, entry, unit=scale.unit)


def _values(found: Capacity, metric: Metric) -> Iterator[float]:
    for step in found.steps:
        if metric.key in step.figures:
            yield step.figures[metric.key].value
