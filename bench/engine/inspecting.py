"""The step of a handler that looks at a message, and refuses it where it is bad.

What is bad was dealt by seed, and the step does not know it: it is told whether it was right when
it has decided.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from bench.clients.port import Content, IntArray
from bench.engine.envelopes import check_envelope
from bench.engine.jobs import ObserverJob
from bench.engine.signatures import SignatureCheck
from bench.engine.table import Flags
from bench.plan.signing import Signer
from bench.plan.traffic import Traffic
from bench.spec.variant import HandlerCheck

Check = Callable[[Content], str]
"""Returns what is wrong with a message; empty where nothing is."""

CHECKS: Mapping[HandlerCheck, Callable[[ObserverJob], Check]] = {
    "signature": lambda job: SignatureCheck(
        signer=Signer.of(job.binding.subject_prefix), max_age_ns=job.max_age_ns
    ),
    "envelope": lambda job: check_envelope,
}
"""By the word of a variant, in the order in which a handler makes them."""


def _kept_nowhere(position: int) -> Content:
    raise ValueError(f"nobody keeps what delivery {position} holds")


@dataclass(slots=True, kw_only=True)
class Inspector:
    """Looks at the deliveries of one process.

    Attributes:
        checks: made one after the other; the first that finds something decides.
        bad: by id, which messages are bad or are replayed, so that some delivery is to be refused;
            by which it is told afterwards whether it was right, shape (n,).
        false_alarms: deliveries of good messages that it refused.
    """

    checks: Sequence[Check]
    bad: Flags
    false_alarms: int = 0
    _content: Callable[[int], Content] = field(default=_kept_nowhere)

    def reads(self, content: Callable[[int], Content]) -> None:
        """Have it read what a link keeps of its deliveries."""
        self._content = content

    def refused(self, positions: IntArray, ids: IntArray) -> Flags:
        """Return which deliveries are refused, shape (n,); what carries no id is none of ours."""
        rows = zip(positions.tolist(), ids.tolist(), strict=True)
        refused = np.array([number >= 0 and self._refuses(at) for at, number in rows], dtype=bool)
        self.false_alarms += sum(not self._is_bad(number) for number in ids[refused].tolist())
        return refused

    def _is_bad(self, message_id: int) -> bool:
        return message_id < self.bad.size and bool(self.bad[message_id])

    def _refuses(self, position: int) -> bool:
        content = self._content(position)
        return any(check(content) for check in self.checks)

    def counted(self) -> Mapping[str, int]:
        """Return what is counted of it, by what is counted (bench.spec.told_parts)."""
        return {"false_alarms": self.false_alarms}


def make_inspector(job: ObserverJob, traffic: Traffic) -> Inspector | None:
    """Return who makes the checks of a job; None where there are none."""
    made = [make(job) for word, make in CHECKS.items() if word in job.checks]
    return Inspector(checks=made, bad=_bad(traffic)) if made else None


def _bad(traffic: Traffic) -> Flags:
    """Return of which messages some delivery is to be refused, shape (n,)."""
    bad = traffic.faults.bad(np.arange(traffic.act_index.size))
    if traffic.replays:
        bad[traffic.carried[~traffic.firsts]] = True
    return bad
