"""What the sampler did not see: a process that stops, or gets no core, sees nothing for a while.

Counters and lag by our own instants go on over a gap; a peak within it is missed. Only where the
CPU of a publisher or consumer cannot be told at all is the trial in doubt: then nobody can say
whether the client was measured.
"""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import pandas as pd

from bench.core.text import plural
from bench.core.units import NS_PER_S, human_duration
from bench.engine.checks import NO_LOAD
from bench.record.schema import Finding, Level, ProcessUsage, Window

GAP_NS = NS_PER_S
"""Ten samples of CPU and memory that are missing one after the other."""

_CARRIED = "_in_bytes"
"""Ends the name of what each look at connections tells of a role."""

_SAMPLED = "host_idle_ns"
"""Stands in every row of what was read of processes and host."""


def unseen_findings(
    samples: pd.DataFrame, window: Window, usages: Sequence[ProcessUsage], roles: Iterable[str]
) -> Iterator[Finding]:
    """Yield where CPU and memory were not sampled within the window.

    Args:
        samples: of the trial.
        window: its phases.
        usages: what was used within the window, as far as it can be told.
        roles: of the workers that lived to the end.
    """
    if gap := _longest_gap(samples, window):
        begin_ns, length_ns = gap
        yield Finding(
            level=Level.WARNING,
            code="samples-missing",
            text=f"CPU and memory were not sampled for {human_duration(length_ns)}, from "
            f"{begin_ns / NS_PER_S:.1f} s of the trial on: a peak of memory there was not seen",
            role="sampler",
        )
    yield from _ended_findings(samples, window)
    told = {usage.role for usage in usages if usage.cpu_share >= 0}
    for role in roles:
        if role not in (*NO_LOAD, *told):
            yield Finding(
                level=Level.INVALID,
                code="load-unseen",
                text=f"the CPU of {role} within the window was not sampled, so whether the client "
                "was the limit, and not the server, cannot be told",
                role=role,
            )


def _ended_findings(samples: pd.DataFrame, window: Window) -> Iterator[Finding]:
    """Yield whose connections ended within the window, so that not all is known that they carried.

    A look at a role of which one is gone since the look before tells nothing of that role.
    """
    names = [name for name in map(str, samples) if name.endswith(_CARRIED)]
    looks = samples.loc[samples[names].notna().any(axis=1), ["t_ns", *names]]
    at_ns, before_ns = looks["t_ns"], looks["t_ns"].shift()
    inside = (at_ns >= window.window_start_ns) & (before_ns < window.window_end_ns)
    for name in names:
        known = looks[name].notna()
        ended = int((~known & known.shift(fill_value=False) & inside).sum())
        if ended:
            role = name.removesuffix(_CARRIED)
            text = (
                f"connections of {role} ended within the window, as {plural(ended, 'look')} saw: "
                "what each carried since the look before is missing in its network figures"
            )
            yield Finding(level=Level.NOTE, code="network-incomplete", text=text, role=role)


def _longest_gap(samples: pd.DataFrame, window: Window) -> tuple[int, int] | None:
    """Return where the longest gap within the window begins, and its length; None if it is short.

    A trial without any such row was never sampled so; its processes are unknown, and said so.
    """
    if _SAMPLED not in samples:
        return None
    t_ns = samples["t_ns"][samples[_SAMPLED].notna()].to_numpy(np.int64)
    inside = t_ns[(t_ns >= window.window_start_ns) & (t_ns < window.window_end_ns)]
    edges = np.r_[window.window_start_ns, inside, window.window_end_ns]
    lengths_ns = np.diff(edges)
    longest = int(lengths_ns.argmax())
    if lengths_ns[longest] <= GAP_NS:
        return None
    return int(edges[longest]), int(lengths_ns[longest])
