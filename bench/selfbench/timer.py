"""What the host takes to wake a process: the publisher's timer, at its tick, with nothing to send.

No generator on this host can be cheaper for each tick, nor on time more often. On virtual machines
this can be a good part of what an open loop costs.
"""

import asyncio
import time

import numpy as np
from numpy.typing import NDArray

from bench.engine.clock import make_timer, now_ns
from bench.engine.publisher import TICK_NS
from bench.engine.scheduling import take_short_turns
from bench.selfbench.cases import TimerCase
from bench.selfbench.figures import TimerFigures

IntArray = NDArray[np.int64]


async def wake(case: TimerCase) -> TimerFigures:
    """Wake up so many times, a tick apart, and note how late and at what cost."""
    cpu_ns, begun_ns = time.process_time_ns(), now_ns()
    late_ns = await wake_ups(case.wake_ups)
    elapsed_ns, cpu_ns = now_ns() - begun_ns, time.process_time_ns() - cpu_ns
    p50, p99 = np.percentile(late_ns, (50, 99))
    return TimerFigures(
        wake_ups=case.wake_ups,
        elapsed_ns=elapsed_ns,
        cpu_ns=cpu_ns,
        late_ns_p50=int(p50),
        late_ns_p99=int(p99),
    )


async def wake_ups(count: int) -> IntArray:
    """Return how late each of so many was, ns, shape (count,)."""
    take_short_turns()
    late_ns = np.zeros(count, dtype=np.int64)
    over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    due_ns, rang = 0, 0

    def ring() -> None:
        nonlocal due_ns, rang
        late_ns[rang] = now_ns() - due_ns
        rang += 1
        if rang == count:
            over.set_result(None)
            return
        due_ns = max(due_ns + TICK_NS["precise"], now_ns())
        timer.ring_at(due_ns)

    timer = make_timer(ring)
    due_ns = now_ns() + TICK_NS["precise"]
    timer.ring_at(due_ns)
    await over
    timer.close()
    return late_ns
