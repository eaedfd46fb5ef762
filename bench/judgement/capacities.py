"""From searches to capacities: plain data that every view shows alike."""

import math
from collections.abc import Iterator, Sequence

from bench.analysis.figures import CellFigures, LagVerdict, RunFigures
from bench.analysis.metrics import measure_of
from bench.analysis.paired import typical
from bench.analysis.ranking import ranking_key
from bench.core.marks import State
from bench.core.text import listed
from bench.judgement.kinds import Capacity, Curve, Figure, Step
from bench.judgement.names import spoken
from bench.plan.model import Purpose
from bench.seek.bracket import Ending
from bench.seek.state import Attempt, Break, Sought, sought
from bench.seek.words import breaks, holds, limits, parted, short, why
from bench.spec.criteria import Criterion, parse_criterion
from bench.spec.metrics import metric_of

SERVER = "server"

LAG_SLOPE = "lag_slope_msgs_per_s"

_ORDER = tuple(Purpose)

_STATES = {Ending.CONFIRMED: State.HOLDS, Ending.BELOW: State.FAILS}


def capacities_of(figures: RunFigures) -> tuple[Capacity, ...]:
    """Return what was found of each variant; nothing of a run that seeks none."""
    if figures.plan.search is None:
        return ()
    found = sought(figures)
    names = [_short(each) for each in found]
    return tuple(_capacity(each, alone=names.count(_short(each)) == 1) for each in found)


def cpu_key(role: str) -> str:
    """Return the metric of a role's share of a core."""
    return f"{role}_cpu_share"


def _short(found: Sought) -> str:
    """Return the names of its variants without those of their configs, each once."""
    return listed([*dict.fromkeys(each.variant for each in found.base.variants)])


def _capacity(found: Sought, *, alone: bool) -> Capacity:
    variant, limiting = found.name, found.limiting
    roles = (SERVER, *found.base.cast.roles)
    curves = tuple(_curves(found))
    keys = [curve.metric.key for curve in curves] + [LAG_SLOPE, *map(cpu_key, roles)]
    steps = (_step(attempt, keys) for attempt in found.attempts)
    kinds = () if limiting is None else tuple(dict.fromkeys(p.limit for p in limiting.parts))
    return Capacity(
        variant=variant,
        short=_short(found) if alone else variant,
        state=_STATES.get(found.found.ending, State.DOUBTFUL) if found.over else State.DOUBTFUL,
        goals=found.goals,
        curves=curves,
        roles=roles,
        steps=tuple(sorted(steps, key=lambda each: (each.rate_per_s, _ORDER.index(each.purpose)))),
        ending=found.found.ending,
        over=found.over,
        confirmed_per_s=found.found.confirmed_per_s,
        above_per_s=found.found.above_per_s,
        missed_per_s=found.missed_per_s,
        holds=spoken(holds(found)),
        told=short(found),
        apart=_apart(found),
        parted=spoken(parted(_apart(found))),
        breaks=spoken(breaks(found)),
        limits="" if limiting is None else spoken(limits(limiting)),
        limited=" and ".join(kinds),
    )


def _apart(found: Sought) -> tuple[Break, ...]:
    """Return where each of several goals breaks: the first to break first, last what held."""
    each = sorted(found.breaks, key=lambda one: one.missed_per_s or math.inf)
    return tuple(each) if len(each) > 1 else ()


def _curves(found: Sought) -> Iterator[Curve]:
    """Yield what is drawn: each figure that a goal limits, the first to break on top."""
    missed = found.first_missed
    first = "" if missed is None else missed.told.rule
    rules = sorted(map(parse_criterion, found.goals), key=lambda rule: str(rule) != first)
    each = {rule.metric.key: _curve(rule) for rule in reversed(rules) if rule.metric is not None}
    yield from reversed(each.values())
    if not each:
        yield Curve(metric=metric_of(ranking_key([a.cell for a in found.attempts])))


def _curve(rule: Criterion) -> Curve:
    assert rule.metric is not None  # noqa: S101 - whoever calls looked
    return Curve(metric=rule.metric, rule=str(rule), limit=rule.limit)


def _step(attempt: Attempt, keys: Sequence[str]) -> Step:
    cell, told = attempt.cell, attempt.told
    return Step(
        rate_per_s=attempt.step.rate_per_s,
        purpose=attempt.step.purpose,
        said=told.said,
        trials=len(cell.trials),
        valid=sum(trial.record.valid for trial in cell.trials),
        falls_behind=cell.lag_verdict is LagVerdict.GROWING,
        figures=dict(_figures(cell, keys)),
        why=spoken(why(told)),
    )


def _figures(cell: CellFigures, keys: Sequence[str]) -> Iterator[tuple[str, Figure]]:
    for key in keys:
        found, estimate = typical(measure_of(key), cell), cell.estimates.get(key)
        if found is not None:
            ends = (None, None) if estimate is None else (estimate.low, estimate.high)
            yield key, Figure(value=found.value, low=ends[0], high=ends[1], at_least=found.at_least)


def most(found: Sequence[Capacity]) -> Capacity | None:
    """Return what surely carries most: what it holds lies beyond what each other one misses.

    None where intervals touch, and of one alone.
    """
    if len(found) < 2:
        return None
    first = max(found, key=lambda each: each.confirmed_per_s or 0.0)
    others = [each for each in found if each is not first]
    lowest = first.confirmed_per_s
    if lowest is None or not first.over:
        return None
    return first if all(_misses_below(each, lowest) for each in others) else None


def _misses_below(found: Capacity, per_s: float) -> bool:
    """Say whether it surely misses its goals at a lower rate."""
    missed = found.missed_per_s
    return found.over and missed is not None and missed < per_s
