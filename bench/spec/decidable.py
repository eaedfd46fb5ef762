"""Whether a run can decide its rules at all: told beforehand, not after it was measured.

A percentile is decided by with 100 messages beyond it in every trial (MEASUREMENT.md R4), a figure
with 3 blocks that hold the rule or 5 that break it (R8).
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence

from bench.core import text
from bench.core.units import NS_PER_S, format_rate
from bench.spec.asked import has
from bench.spec.cast import Part, spans
from bench.spec.criteria import LAG_VERDICT, Criterion
from bench.spec.kinds.registry import cast_of
from bench.spec.metrics import MIN_BEYOND_GATED, Metric, messages_beyond
from bench.spec.variant import Settings
from bench.spec.workload import Publish, Workload
from bench.stats.compare import MIN_PAIRS, MIN_PAIRS_TO_FAIL

_SIGMAS = 3.0
"""Every trial must have enough: of a Poisson process so far below the mean one in 700 ends."""


def undecidable(
    rules: Sequence[Criterion], workloads: Mapping[str, Workload], blocks: int
) -> tuple[str, ...]:
    """Return why rules cannot be decided, a sentence for each; empty where all can.

    Args:
        rules: as read.
        workloads: by name, over the phases that they will run in.
        blocks: how often every cell will run.
    """
    short = (
        f"'{rule}' cannot be decided under {name}: {why}"
        for name, workload in workloads.items()
        for rule in rules
        if (why := shortfall(rule, workload))
    )
    return (*short, *too_few_blocks(rules, blocks))


def shortfall(rule: Criterion, workload: Workload) -> str:
    """Return why a rule cannot be decided in a window; empty where it can.

    The workload does not have what it asks for, or too few messages; then what would do.
    """
    metric = rule.metric
    if not has(workload, rule.subject):
        return f"it has no '{rule.subject}'"
    if metric is None or metric.percentile is None:
        return ""
    held, window_ns = _part(metric, workload), workload.phases.measure_ns
    if held is None:
        return ""
    share = workload.share_of(held.name)
    if held.flow in workload.laid:
        return _of_laid(metric, share * workload.laid[held.flow])
    offer = workload.offers[held.flow]
    rate, random = share * offer.window_rate_msgs_per_s, offer.arrivals == "poisson"
    offered = rate * window_ns / NS_PER_S
    sure = offered - _SIGMAS * math.sqrt(offered) if random else offered
    beyond = messages_beyond(metric.percentile, sure)
    if beyond >= MIN_BEYOND_GATED:
        return ""
    due = _offered_for(MIN_BEYOND_GATED * 100 / (100 - metric.percentile), random=random)
    return (
        f"{'at least ' if random else ''}{text.count(math.floor(sure))} messages in "
        f"{window_ns / NS_PER_S:g}s leave {text.count(math.floor(beyond))} beyond "
        f"{metric.title}, and {MIN_BEYOND_GATED} are needed; a window of "
        f"{math.ceil(due / rate)}s or a rate of {_rate_for(due / share, window_ns, offer)} would do"
    )


def window_for_ns(rule: Criterion, workload: Workload, beyond: int) -> int:
    """Return the shortest window, in whole seconds, with so many messages beyond a percentile.

    0 for rules about no percentile, and about what is not offered over time.
    """
    metric = rule.metric
    held = None if metric is None or metric.percentile is None else _part(metric, workload)
    if metric is None or metric.percentile is None or held is None:
        return 0
    offer = workload.offers.get(held.flow)
    if offer is None:
        return 0
    rate = workload.share_of(held.name) * offer.window_rate_msgs_per_s
    due = _offered_for(beyond * 100 / (100 - metric.percentile), random=offer.arrivals == "poisson")
    return math.ceil(due / rate) * NS_PER_S


def _of_laid(metric: Metric, laid: float) -> str:
    """Return why a percentile over a piece of work cannot be decided; empty where it can."""
    percentile = metric.percentile or 0.0
    beyond = messages_beyond(percentile, laid)
    if beyond >= MIN_BEYOND_GATED:
        return ""
    due = math.ceil(MIN_BEYOND_GATED * 100 / (100 - percentile))
    return (
        f"{text.count(math.floor(laid))} messages of work leave {text.count(math.floor(beyond))} "
        f"beyond {metric.title}, and {MIN_BEYOND_GATED} are needed; {text.count(due)} would do"
    )


def _part(metric: Metric, workload: Workload) -> Part | None:
    """Return whose operations a time is of; None when it is of none."""
    held = spans(cast_of(workload, Settings())).get(metric.source.of)
    return None if held is None else held[0]


def _offered_for(sure: float, *, random: bool) -> float:
    """Return how many messages to offer so that so many are sure to come."""
    if not random:
        return round(sure, 6)
    return ((_SIGMAS + math.sqrt(_SIGMAS**2 + 4 * sure)) / 2) ** 2


def _rate_for(due: float, window_ns: int, offer: Publish) -> str:
    mean = math.ceil(round(due * NS_PER_S / window_ns, 6))
    if offer.ramp is None:
        return format_rate(mean)
    return f"{format_rate(mean)} on average"


def too_few_blocks(rules: Iterable[Criterion], blocks: int) -> Iterator[str]:
    """Yield what so many blocks keep these rules from; counts need none."""
    if not any(rule.metric is not None or rule.subject == LAG_VERDICT for rule in rules):
        return
    if blocks < MIN_PAIRS:
        yield (
            f"{text.plural(blocks, 'block')} can decide no figure: it takes {MIN_PAIRS} to hold a "
            f"rule and {MIN_PAIRS_TO_FAIL} to break one"
        )
    elif blocks < MIN_PAIRS_TO_FAIL:
        yield (
            f"{text.plural(blocks, 'block')} can hold a rule and break none: that takes "
            f"{MIN_PAIRS_TO_FAIL}, and what is worse comes out undecided"
        )
