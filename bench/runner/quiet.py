"""Waiting until the host's owner gives the cores back.

On shared hosts the hypervisor takes them in waves of seconds to minutes. A trial within one is
invalid, and the next ones would be as well, until more than a fifth of the blocks is and the run
with them. So the run waits. It goes by the host's state alone, never by a figure of ours
(MEASUREMENT.md R12).
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from bench.core.text import percent
from bench.core.units import NS_PER_S, human_clock
from bench.engine.checks import STOLEN_SHARE
from bench.engine.usage import read_host_cpu
from bench.record.schema import TrialRecord

PATIENCE_S = 900.0
"""How long a run waits in all."""

LOOK_S = 1.0
PAUSE_S = 4.0
"""How long a look takes, and how long until the next one."""

CALM_LOOKS = 3
"""As many in a row must find the host quiet: waves have lulls of some seconds."""

Tell = Callable[[str], None]
Look = Callable[[], float]


def stolen_share() -> float:
    """Return the share of one core that is taken from us while we want all of it.

    Whoever wants nothing loses nothing: the look has to be busy. 0 where nobody counts it.
    """
    before_ns, begun_s = read_host_cpu().steal_ns, time.monotonic()
    while time.monotonic() - begun_s < LOOK_S:
        pass
    after_ns, took_s = read_host_cpu().steal_ns, time.monotonic() - begun_s
    if before_ns is None or after_ns is None:
        return 0.0
    return (after_ns - before_ns) / (took_s * NS_PER_S)


def was_robbed(record: TrialRecord) -> bool:
    """Say whether the hypervisor took so much of a trial that it is invalid."""
    return record.host is not None and record.host.steal_share > STOLEN_SHARE


@dataclass(slots=True)
class Patience:
    """The time that a run still has for waiting.

    Attributes:
        left_s: of it; at 0 the run goes on whatever the host does.
        look: returns the share that is being stolen; busy for a moment.
        pause_s: between two looks.
    """

    left_s: float = PATIENCE_S
    look: Look = stolen_share
    pause_s: float = PAUSE_S

    async def until_quiet(self, tell: Tell, *, calm_looks: int = CALM_LOOKS) -> None:
        """Wait until the host is quiet or the time is up; tell what is waited for.

        Args:
            tell: takes a sentence.
            calm_looks: looks in a row that must find it quiet; CALM_LOOKS once one did not.
        """
        begun_s = time.monotonic()
        calm, told = 0, False
        while self.left_s > 0 and calm < calm_looks:
            share = self.look()
            calm = calm + 1 if share <= STOLEN_SHARE else 0
            if not calm and not told:
                told, calm_looks = True, CALM_LOOKS
                tell(
                    f"waiting for the host: the hypervisor takes {percent(share)} of a core; for "
                    f"{human_clock(self.left_s)} at most"
                )
            if calm < calm_looks:
                await asyncio.sleep(min(self.pause_s, self.left_s))
            self.left_s -= time.monotonic() - begun_s
            begun_s = time.monotonic()
        if told and calm < calm_looks:
            tell("the host did not become quiet; going on")
