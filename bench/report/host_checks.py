"""What the trials' records say about their host: full, shared, stolen from or throttled."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.analysis.figures import TrialFigures
from bench.record.schema import HostLoad
from bench.report import text
from bench.report.check import Check, Limit, State, of_values

STOLEN_SHARE = 0.05
THROTTLED_SHARE = 0.01
"""These two are those of the findings cpu-steal and cpu-throttled."""

OTHERS_SHARE = 0.08
"""Of all cores. Interrupts and jetbench's own display take 1 to 4 % on two quiet cores."""

BUSY_SHARE = 0.85
"""Of all cores. Beyond it whoever is ready has to wait for somebody else to finish."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _HostShare:
    """A share of the host's time, and what it is held against."""

    share: Callable[[HostLoad], float]
    limit: Limit


_BUSY = _HostShare(
    share=lambda host: host.busy_share,
    limit=Limit(
        name="Cores in use",
        at_most=BUSY_SHARE,
        written=text.percent,
        beyond=State.DOUBTFUL,
        meaning=(
            "Server, clients and all else together: beyond it the server competes with its load."
        ),
    ),
)
_OTHERS = _HostShare(
    share=lambda host: host.others_share,
    limit=Limit(
        name="Other processes",
        at_most=OTHERS_SHARE,
        written=text.percent,
        beyond=State.DOUBTFUL,
        meaning=(
            "Something else used the cores meanwhile. A server that jetbench did not start is "
            "among it where it runs on this host."
        ),
    ),
)
_STEAL = _HostShare(
    share=lambda host: host.steal_share,
    limit=Limit(
        name="Steal",
        at_most=STOLEN_SHARE,
        written=text.percent,
        beyond=State.FAILS,
        meaning="The hypervisor gave our cores to others; trials above the limit are invalid.",
    ),
)
_THROTTLING = _HostShare(
    share=lambda host: host.throttled_share,
    limit=Limit(
        name="Throttling",
        at_most=THROTTLED_SHARE,
        written=text.percent,
        beyond=State.FAILS,
        meaning="Our CPU quota gave our time to others; trials above the limit are invalid.",
    ),
)


def of_host(found: Sequence[TrialFigures]) -> tuple[Check, ...]:
    """Return the checks of the host during these trials."""
    return tuple(_check(found, what) for what in (_BUSY, _OTHERS, _STEAL, _THROTTLING))


def _check(found: Sequence[TrialFigures], what: _HostShare) -> Check:
    hosts = [trial.record.host for trial in found if trial.record.host is not None]
    shares = [what.share(host) for host in hosts]
    return of_values([share for share in shares if share >= 0], what.limit)
