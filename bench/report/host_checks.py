"""What the trials' records say about their host: full, shared, stolen from or throttled."""

from collections.abc import Sequence

from bench.analysis.figures import TrialFigures
from bench.core import text
from bench.core.marks import State
from bench.report.check import Check, Limit, of_values

STOLEN_SHARE = 0.05
THROTTLED_SHARE = 0.01
"""These two are those of the findings cpu-steal and cpu-throttled."""

OTHERS_SHARE = 0.08
"""Of all cores. Interrupts and jetbench's own display take 1 to 4 % on two quiet cores."""

BUSY_SHARE = 0.85
"""Of all cores. Beyond it whoever is ready has to wait for somebody else to finish."""


def of_host(found: Sequence[TrialFigures]) -> tuple[Check, ...]:
    """Return the checks of the host during these trials."""
    return tuple(_check(found, key, limit) for key, limit in _LIMITS.items())


def _check(found: Sequence[TrialFigures], key: str, limit: Limit) -> Check:
    hosts = [trial.record.host for trial in found if trial.record.host is not None]
    shares = [float(getattr(host, key)) for host in hosts]
    return of_values([share for share in shares if share >= 0], limit)


def _limit(name: str, at_most: float, beyond: State, meaning: str) -> Limit:
    return Limit(name=name, at_most=at_most, written=text.percent, beyond=beyond, meaning=meaning)


_LIMITS = {
    "busy_share": _limit(
        "Cores in use",
        BUSY_SHARE,
        State.DOUBTFUL,
        "Server, clients and all else together: beyond it the server competes with its load.",
    ),
    "others_share": _limit(
        "Other processes",
        OTHERS_SHARE,
        State.DOUBTFUL,
        "Something else used the cores meanwhile. A server that jetbench did not start is among "
        "it where it runs on this host.",
    ),
    "steal_share": _limit(
        "Steal",
        STOLEN_SHARE,
        State.FAILS,
        "The hypervisor gave our cores to others; trials above the limit are invalid.",
    ),
    "throttled_share": _limit(
        "Throttling",
        THROTTLED_SHARE,
        State.FAILS,
        "Our CPU quota gave our time to others; trials above the limit are invalid.",
    ),
}
"""By the key of `HostLoad` whose values are held against each."""
