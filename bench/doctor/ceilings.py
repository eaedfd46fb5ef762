"""The most that one client process brings through on this host, with an empty server."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from bench.core.units import NS_PER_S
from bench.record.health import Ceiling
from bench.selfbench.cases import CASES, LoadCase
from bench.selfbench.figures import LoadFigures, Run

_SOUGHT = {
    "publish/wire/128B/memory": "publish to a memory store",
    "publish/wire/128B/file": "publish to a file store",
    "pull/wire/128B/file": "pull from a file store, each message acknowledged",
}


def cases(scale: float = 1.0) -> tuple[LoadCase, ...]:
    """Return the loads that ceilings are read from, with a share of their messages."""
    return tuple(replace(case, messages=round(case.messages * scale)) for case in _loads())


def _loads() -> Iterator[LoadCase]:
    yield from (each for each in CASES if isinstance(each, LoadCase) and each.name in _SOUGHT)


def ceilings_of(runs: Sequence[Run]) -> tuple[Ceiling, ...]:
    """Return the ceilings that these runs reached, in the order of the cases."""
    return tuple(
        _ceiling(_SOUGHT[run.case], run.figures)
        for name in _SOUGHT
        for run in runs
        if run.case == name and isinstance(run.figures, LoadFigures)
    )


def _ceiling(what: str, figures: LoadFigures) -> Ceiling:
    server_ns = figures.server_cpu_ns
    return Ceiling(
        what=what,
        rate_msgs_per_s=figures.messages * NS_PER_S / figures.elapsed_ns,
        client_core_share=figures.client_core_share,
        server_core_share=None if server_ns is None else server_ns / figures.elapsed_ns,
    )
