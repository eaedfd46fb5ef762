"""What equal cells differ by on this host, and so what a gate can see (MEASUREMENT.md R11)."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from bench.analysis.figures import RunFigures, WorkloadFigures
from bench.analysis.hosts import fingerprint
from bench.analysis.metrics import measure_of, measures_of
from bench.analysis.paired import Contrast, contrast
from bench.analysis.validity import reproach_of_workload
from bench.core import text, units
from bench.core.units import NS_PER_S
from bench.record.schema import Environment
from bench.spec.criteria import Criterion
from bench.spec.gates import Gates
from bench.spec.metrics import Better, metric_of
from bench.spec.workload import Workload
from bench.stats.compare import smallest_visible
from bench.stats.resample import false_red_share

CALIBRATION_SCHEMA_VERSION = 1
MAX_AGE = timedelta(days=30)
SCREEN_BLOCKS = 5
POOLED_BLOCKS = 10

ROUND_MARGINS = (0.01, 0.02, 0.03, 0.05, 0.075, 0.10, 0.15, 0.20, 0.30, 0.50, 1.0)
"""Margins that people write. A figure that scatters too much for a doubling is not to be gated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scatter:
    """How much a figure scatters between equal cells of a workload.

    Attributes:
        workload, metric: name and key.
        window_s: length of the window that it holds for.
        blocks: valid blocks that it comes from.
        spread: standard deviation of the differences within blocks; of logarithms, or of shares of
            the baseline where the figure may be 0.
        visible_5, visible_10: size of the smallest worsening that so many blocks find in 80 % of
            cases; a share of the baseline, below 1 where a worsening is a fall.
        margin: size of the suggested one, a share: a gate of 5 blocks passes an unchanged candidate
            with it in at least 80 % of cases; None where the figure scatters too much to be gated.
        false_red: share of gates between equal cells that come out red with that margin, or with
            the largest where there is none.
        logarithmic: the spread is of logarithms; None in files that do not say.
    """

    workload: str
    metric: str
    window_s: float
    blocks: int
    spread: float
    visible_5: float
    visible_10: float
    margin: float | None
    false_red: float
    logarithmic: bool | None = None

    def visible(self, blocks: int) -> float:
        """Return the size of the smallest worsening that so many blocks find; a share."""
        logarithmic = self.logarithmic
        if logarithmic is None:
            logarithmic = measure_of(self.metric).logarithmic
        scale = _Scale(logarithmic=logarithmic, sign=_sign(self.metric))
        return scale.share(smallest_visible(self.spread, blocks))


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """What `calibration.json` holds.

    Attributes:
        schema_version: of the file.
        fingerprint: of the host; on another one the rest means nothing.
        host, server_version, run_id: where, with what, and in which run it was measured.
        variant: that was compared with itself.
        measured_utc: ISO 8601.
        scatters: by workload and metric.
    """

    schema_version: int
    fingerprint: str
    host: str
    server_version: str
    run_id: str
    variant: str
    measured_utc: str
    scatters: tuple[Scatter, ...]

    def scatter(self, workload: str, metric: str, window_s: float) -> Scatter | None:
        """Return the scatter of a figure in windows of this length; None when not measured."""
        for each in self.scatters:
            if (each.workload, each.metric, each.window_s) == (workload, metric, window_s):
                return each
        return None


def calibrate(figures: RunFigures) -> Calibration:
    """Return what a run of equal cells, two for each workload, says about its host."""
    environment = figures.environment
    return Calibration(
        schema_version=CALIBRATION_SCHEMA_VERSION,
        fingerprint=fingerprint(environment),
        host=environment.host,
        server_version=environment.server_version,
        run_id=figures.run_id,
        variant=figures.plan.baseline,
        measured_utc=environment.started_utc,
        scatters=tuple(
            scatter
            for workload in figures.workloads
            if not reproach_of_workload(workload, figures.plan.baseline)
            for scatter in _scatters(workload)
        ),
    )


def _scatters(workload: WorkloadFigures) -> Iterator[Scatter]:
    one, other = workload.cells
    rng = np.random.default_rng(1)
    for measure in measures_of(cell.cell.cast for cell in workload.cells):
        found = contrast(measure, one, other)
        if found is None or not found.relative or measure.metric.better is Better.NEITHER:
            continue
        yield _scatter(workload, found, rng)


def _scatter(workload: WorkloadFigures, found: Contrast, rng: np.random.Generator) -> Scatter:
    # Equal cells differ by 0 on average: their squares themselves say how much they scatter.
    spread = math.sqrt(float(np.mean(np.square(found.differences))))
    scale = _Scale(logarithmic=found.logarithmic, sign=_sign(found.metric.key))
    visible_5 = scale.share(smallest_visible(spread, SCREEN_BLOCKS))
    # A figure that is better high cannot fall by all that it is: no rule may allow that.
    margins = [each for each in ROUND_MARGINS if scale.sign > 0 or each < 1]
    # Cells that fell behind scatter by more than their figures say.
    known = not any(found.fell_behind)
    margin = next((each for each in margins if known and each >= visible_5), None)
    return Scatter(
        workload=workload.name,
        metric=found.metric.key,
        window_s=_window_s(workload.cells[0].cell.workload),
        blocks=found.found.pairs,
        spread=spread,
        visible_5=visible_5,
        visible_10=scale.share(smallest_visible(spread, POOLED_BLOCKS)),
        margin=margin,
        false_red=false_red_share(
            found.differences,
            margin=scale.distance(margin or margins[-1]),
            blocks=SCREEN_BLOCKS,
            rng=rng,
        ),
        logarithmic=found.logarithmic,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scale:
    """How a worsening on the scale of the differences and its size as a share go together.

    Attributes:
        logarithmic: the differences are of logarithms.
        sign: 1 where a worsening is a rise, -1 where it is a fall.
    """

    logarithmic: bool
    sign: float

    def share(self, worse: float) -> float:
        """Return the size of a worsening: 0.1 in logarithms is +10.5 %, or a fall by 9.5 %."""
        return abs(math.expm1(self.sign * worse)) if self.logarithmic else worse

    def distance(self, share: float) -> float:
        """Return a worsening by this share on the scale of the differences."""
        return abs(math.log1p(self.sign * share)) if self.logarithmic else share


def _sign(metric: str) -> float:
    return -1.0 if metric_of(metric).better is Better.HIGHER else 1.0


def _window_s(workload: Workload) -> float:
    return workload.phases.measure_ns / NS_PER_S


def objection(calibration: Calibration, environment: Environment, now: datetime) -> str:
    """Say why a calibration does not hold here and now; empty when it does."""
    if calibration.fingerprint != fingerprint(environment):
        return f"it was made on another host, or this one has changed ({calibration.host})"
    age = now - datetime.fromisoformat(calibration.measured_utc)
    if age > MAX_AGE:
        return f"it is {age.days} days old; {MAX_AGE.days} are the most"
    return ""


def knows(calibration: Calibration, gates: Gates, workloads: Mapping[str, Workload]) -> bool:
    """Say whether a calibration tells the scatter of every figure that is held to a baseline."""
    return all(scatter is not None for _, _, scatter in _compared(calibration, gates, workloads))


def margin_warnings(
    calibration: Calibration, gates: Gates, workloads: Mapping[str, Workload], *, blocks: int
) -> Iterator[str]:
    """Yield a warning for each margin below what so many blocks can see on this host."""
    for name, rule, scatter in _compared(calibration, gates, workloads):
        if scatter is None:
            continue
        visible = scatter.visible(max(blocks, 2))
        if abs(rule.limit) < visible:
            yield (
                f"{name}, {rule}: the margin is below "
                f"{text.size_beside(visible, rule.limit)}, the "
                f"smallest worsening that {text.plural(blocks, 'block')} can see on this host; "
                f"suggested: {suggested(scatter)}"
            )


def suggested(scatter: Scatter) -> str:
    """Write the margin that suits a figure as a rule takes it, such as `<= +7.5%`, or that none."""
    if scatter.margin is None:
        return "not to be gated"
    operator, sign = ("<=", "+") if _sign(scatter.metric) > 0 else (">=", "-")
    return f"{operator} {sign}{units.format_share(scatter.margin)}"


def _compared(
    calibration: Calibration, gates: Gates, workloads: Mapping[str, Workload]
) -> Iterator[tuple[str, Criterion, Scatter | None]]:
    for name, workload in workloads.items():
        for rule in gates.rules_for(name):
            if rule.metric is not None and rule.versus_baseline:
                key, window_s = rule.metric.key, _window_s(workload)
                yield name, rule, calibration.scatter(name, key, window_s)
