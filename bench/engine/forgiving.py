"""Which findings were to be expected of a disturbance, and count for nothing.

Forgiven is what befell whom a disturbance befell, within it and for a told time after it. Loss,
doubled effects and what was never sent or answered are counts, and no disturbance forgives those.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from bench.core.units import NS_PER_MS, format_duration
from bench.engine.jobs import has_role
from bench.engine.stall import EVERY_S, Stall
from bench.record.schema import Disturbed, Finding, Level
from bench.spec.disturbances import GRACE_NS, Action, named

EARLY_NS = int(EVERY_S * 1000) * NS_PER_MS
"""A standstill counts from when the loop was to turn: that may be as long before it was stopped."""

_OF_CONNECTION = frozenset({"connection-fault", "server-silent"})

_EXPECTED: Mapping[Action, frozenset[str]] = {
    "crash": frozenset({"worker-died", "loop-stalled"}),
    "pause": frozenset({"loop-stalled"}) | _OF_CONNECTION,
    "restart-server": frozenset({"questions-unanswered"}) | _OF_CONNECTION,
}
"""Codes of the findings that each brings about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgiving:
    """What the disturbances of a trial excuse.

    Attributes:
        done: as they were carried out.
        start_ns: of the trial, on the clock of the workers.
    """

    done: Sequence[Disturbed] = ()
    start_ns: int = 0

    def by(self, code: str, role: str, at_ns: Sequence[int] | None) -> Disturbed | None:
        """Return the disturbance that a finding is to be expected of; None where it counts.

        Args:
            code: of the finding.
            role: whom it befell.
            at_ns: all instants of it, from the trial's start; None where they are not all known.
        """
        if not at_ns:
            return None
        found = [self._of_one(code, role, each) for each in at_ns]
        return None if None in found else found[0]

    def _of_one(self, code: str, role: str, at_ns: int) -> Disturbed | None:
        return next((e for e in self._able(code, role) if _lies_within(e, at_ns)), None)

    def _of_span(self, role: str, begin_ns: int, end_ns: int) -> Disturbed | None:
        """Return the disturbance that a whole standstill lies within; two have time between."""
        able = self._able("loop-stalled", role)
        within = (e for e in able if _lies_within(e, begin_ns) and _lies_within(e, end_ns))
        return next(within, None)

    def _able(self, code: str, role: str) -> Iterator[Disturbed]:
        return (each for each in self.done if code in _EXPECTED[each.do] and _befalls(each, role))

    def stalls(
        self, role: str, stalls: Iterable[Stall]
    ) -> tuple[list[Stall], list[tuple[Stall, Disturbed]]]:
        """Return the standstills of a process that count, and those that do not with their cause.

        Both from the trial's start. One is forgiven where all of it lies within a disturbance.

        Args:
            role: of the process.
            stalls: on the clock of the workers.
        """
        counting: list[Stall] = []
        expected: list[tuple[Stall, Disturbed]] = []
        for due_ns, late_ns in stalls:
            begin_ns = due_ns - self.start_ns
            cause = self._of_span(role, begin_ns + EARLY_NS, begin_ns + late_ns)
            if cause is None:
                counting.append((begin_ns, late_ns))
            else:
                expected.append(((begin_ns, late_ns), cause))
        return counting, expected


NOTHING = Forgiving()


def forgiven(finding: Finding, cause: Disturbed | None) -> Finding:
    """Return a finding that its cause excuses: a note that says so; as it is without one."""
    if cause is None:
        return finding
    name = told(cause)
    text = f"expected: forgiven by {name}: {finding.text}"
    return replace(finding, level=Level.NOTE, text=text, forgiven_by=name)


def told(disturbed: Disturbed) -> str:
    """Return a disturbance by its name and when it was to be: `crash of consumer at 3.5s`."""
    planned_ns = disturbed.planned_ns // NS_PER_MS * NS_PER_MS
    return f"{named(disturbed.do, disturbed.part)} at {format_duration(planned_ns)} of the trial"


def _befalls(disturbed: Disturbed, role: str) -> bool:
    """Say whether it befalls a process; a server's restart befalls whoever is connected to it."""
    return not disturbed.part or has_role(role, disturbed.part)


def _lies_within(disturbed: Disturbed, at_ns: int) -> bool:
    if disturbed.begun_ns < 0 or disturbed.ended_ns < 0:
        return False
    return disturbed.begun_ns <= at_ns <= disturbed.ended_ns + GRACE_NS
