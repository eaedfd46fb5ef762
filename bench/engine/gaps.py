"""Questions that the server did not answer: no fault of the load, but a reader must know."""

from dataclasses import dataclass, field

from bench.core.noted import MAX_INSTANTS, Noted
from bench.core.units import NS_PER_S


@dataclass(slots=True)
class _Gap:
    count: int
    first_ns: int
    last_ns: int
    reason: str
    at_ns: list[int] = field(default_factory=list)


class Gaps:
    """What was asked without an answer, by what was asked for."""

    def __init__(self) -> None:
        self._gaps: dict[str, _Gap] = {}

    def note(self, wanted: str, asked_ns: int, reason: str) -> None:
        """Note a question without an answer.

        Args:
            wanted: what was asked for, a noun.
            asked_ns: when, from the trial's start.
            reason: the first one is kept.
        """
        gap = self._gaps.setdefault(wanted, _Gap(0, asked_ns, asked_ns, reason))
        gap.count += 1
        gap.last_ns = asked_ns
        if len(gap.at_ns) < MAX_INSTANTS:
            gap.at_ns.append(asked_ns)

    def words(self) -> tuple[str, ...]:
        """Return a clause for each kind of question, which knows when they were asked."""
        return tuple(_told(wanted, gap) for wanted, gap in self._gaps.items())


def _told(wanted: str, gap: _Gap) -> Noted:
    return Noted(
        f"{gap.count} questions for {wanted} had no answer, the first at "
        f"{gap.first_ns / NS_PER_S:.1f} s and the last at {gap.last_ns / NS_PER_S:.1f} s of "
        f"the trial ({gap.reason})",
        gap.at_ns,
        gap.count - len(gap.at_ns),
    )
