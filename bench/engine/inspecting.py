"""The step of a handler that looks at a message, and refuses it where it is bad.

What is bad was dealt by seed, and the step does not know it: it is told whether it was right when
it has decided.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from bench.clients.port import Content, IntArray
from bench.engine.envelopes import check_envelope
from bench.engine.table import Flags
from bench.plan.faults import Faults
from bench.spec.variant import HandlerCheck

Check = Callable[[Content], str]
"""Returns what is wrong with a message; empty where nothing is."""

CHECKS: Mapping[HandlerCheck, Callable[[], Check]] = {"envelope": lambda: check_envelope}
"""By the word of a variant, in the order in which a handler makes them."""


def _kept_nowhere(position: int) -> Content:
    raise ValueError(f"nobody keeps what delivery {position} holds")


@dataclass(slots=True, kw_only=True)
class Inspector:
    """Looks at the deliveries of one process.

    Attributes:
        checks: made one after the other; the first that finds something decides.
        faults: of the messages, by which it is told afterwards whether it was right.
        false_alarms: deliveries of good messages that it refused.
    """

    checks: Sequence[Check]
    faults: Faults
    false_alarms: int = 0
    _content: Callable[[int], Content] = field(default=_kept_nowhere)

    def reads(self, content: Callable[[int], Content]) -> None:
        """Have it read what a link keeps of its deliveries."""
        self._content = content

    def refused(self, positions: IntArray, ids: IntArray) -> Flags:
        """Return which deliveries are refused, shape (n,); what carries no id is none of ours."""
        rows = zip(positions.tolist(), ids.tolist(), strict=True)
        refused = np.array([number >= 0 and self._refuses(at) for at, number in rows], dtype=bool)
        self.false_alarms += int(np.count_nonzero(refused & ~self.faults.bad(ids)))
        return refused

    def _refuses(self, position: int) -> bool:
        content = self._content(position)
        return any(check(content) for check in self.checks)

    def counted(self) -> Mapping[str, int]:
        """Return what is counted of it, by what is counted (bench.spec.told_parts)."""
        return {"false_alarms": self.false_alarms}


def make_inspector(checks: Sequence[HandlerCheck], faults: Faults) -> Inspector | None:
    """Return who makes these checks; None where there are none."""
    made = [make() for word, make in CHECKS.items() if word in checks]
    return Inspector(checks=made, faults=faults) if made else None
