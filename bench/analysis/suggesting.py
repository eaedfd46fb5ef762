"""Settings that suit the handler times that were measured, each with its formula.

Source: Little's law for workers and messages under way, rate × T. The margins are ours: a worker is
to have a fifth of its time free, a budget room for twice what is under way on average.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil

from bench.core.units import NS_PER_MS, NS_PER_S, human_duration
from bench.record.schema import Handling

BUSY = 0.8
"""Of a worker's time in handlers, at most: queues grow without bound as it nears 1."""

MARGIN = 2
"""Times what is under way on average, and what a slow message takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """One setting.

    Attributes:
        key: of it, as in a file.
        value: of it.
        formula: that it comes of; T is the mean time of a handler.
    """

    key: str
    value: str
    formula: str

    def __str__(self) -> str:
        return f"{self.key} {self.value} = {self.formula}"


def hands_key(handling: Handling) -> str:
    """Return the setting that gives a part more hands: a loop is one, whatever its workers."""
    return "consume.consumers" if handling.in_loop else "consume.workers"


def suggested(
    rate_per_s: float, handling: Handling, *, acks: bool, pulls: bool, waits: bool = True
) -> tuple[Suggestion, ...]:
    """Return the settings that this rate asks for; none where handlers take no time.

    Args:
        rate_per_s: messages that come.
        handling: what was measured.
        acks: messages are acknowledged when they are handled.
        pulls: they are asked for.
        waits: the server waits for each ack, and delivers again without one.
    """
    if rate_per_s <= 0 or handling.handler_ns_mean <= 0:
        return ()
    return tuple(_suggested(rate_per_s, handling, acks=acks, pulls=pulls, waits=acks and waits))


def _suggested(
    rate_per_s: float, handling: Handling, *, acks: bool, pulls: bool, waits: bool
) -> Iterator[Suggestion]:
    took_ns = handling.handler_ns_mean
    under_way = rate_per_s * took_ns / NS_PER_S
    workers = ceil(under_way / BUSY)
    budget = max(workers, ceil(MARGIN * under_way))
    formula = f"rate × T ÷ {BUSY:g}"
    yield Suggestion(key=hands_key(handling), value=str(workers), formula=formula)
    if handling.in_loop:
        return  # T is of the loop alone: a message is under way for longer
    if acks:
        formula = f"{MARGIN} × rate × T"
        formula = formula if budget > workers else f"workers, above {formula}"
        yield Suggestion(key="consumer.max_ack_pending", value=str(budget), formula=formula)
    if pulls:
        batch, formula = max(1, budget // 2), "half of what may be under way"
        yield Suggestion(key="pull.batch", value=str(batch), formula=formula)
    if waits:
        waits_ns = MARGIN * (handling.handler_ns_p99 + took_ns * budget / workers)
        wait = human_duration(ceil(waits_ns / NS_PER_MS) * NS_PER_MS)
        formula = f"{MARGIN} × (p99 + T × max_ack_pending ÷ workers)"
        yield Suggestion(key="consumer.ack_wait", value=wait, formula=formula)
