"""A consumer that is set back to an earlier sequence in the middle of a trial: a step is replayed.

The server does it (ADR-60 of NATS): whoever takes from the consumer goes on, and what it had is
delivered once more, as if for the first time.
"""

import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bench.broker.observe import ConsumerState
from bench.core.errors import MeasurementError
from bench.engine.clock import now_ns


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingBack:
    """What is done, and when.

    Attributes:
        part: whose consumer.
        at_ns: from the trial's start; within its window.
        share: of the stream up to what was delivered last, how far back; 1 is to its beginning.
        reset: sets the consumer to a sequence, which is delivered next.
    """

    part: str
    at_ns: int
    share: float
    reset: Callable[[int], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class WasSetBack:
    """What was done.

    Attributes:
        part: whose consumer.
        at_ns: when the server was told to, from the trial's start.
        first_seq, last_seq: of the stream: what was delivered of them before is delivered again.
    """

    part: str
    at_ns: int
    first_seq: int
    last_seq: int


async def set_back(plan: SettingBack, state: ConsumerState | None, start_ns: int) -> WasSetBack:
    """Set a consumer back.

    Args:
        plan: what is done.
        state: of the consumer a moment ago; None where the server did not tell.
        start_ns: of the trial.

    Raises:
        MeasurementError: it was not done, or nobody knows how far.
    """
    if state is None:
        raise MeasurementError(
            f"{plan.part} was not set back: the server did not say how far it is"
        )
    first = first_seq(state.delivered_seq, plan.share)
    at_ns = now_ns() - start_ns
    await plan.reset(first)
    return WasSetBack(part=plan.part, at_ns=at_ns, first_seq=first, last_seq=state.delivered_seq)


def first_seq(delivered_seq: int, share: float) -> int:
    """Return the sequence that is delivered next, so far back from the last one."""
    return max(1, delivered_seq + 1 - math.ceil(delivered_seq * share))
