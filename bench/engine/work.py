"""A piece of work of a known size: laid before a trial, let go at an instant, over when it is done.

A history that is replayed, a backlog that is drained. Its window begins when it is let go and ends
with its last message, not with a clock; it lasts no longer than the workload's own window.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bench.broker.observe import ConsumerState
from bench.engine.jobs import DriverJob, Progress
from bench.engine.recorder import ConsumerRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What one part has to do of it.

    Attributes:
        first_seq, last_seq: of the stream, that it is to handle.
        acks: it acknowledges.
        whole: whatever else its consumer is due is to be done before the trial is over.
    """

    first_seq: int
    last_seq: int
    acks: bool
    whole: bool = False

    @property
    def msgs(self) -> int:
        """How many messages that is."""
        return self.last_seq - self.first_seq + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """One time that the work is done.

    Attributes:
        release: lets it go: the first when the warm-up ends, others when the one before is done.
        shares: what is to be done, by the part that observes; their processes begin then, and let
            go of the server before the next pass.
    """

    release: Callable[[], Awaitable[None]]
    shares: Mapping[str, Share]


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What is laid, let go and waited for, once or several times.

    Attributes:
        laying: jobs of the processes that lay it, which end before the trial begins.
        prepare: looks whether it is all there, and makes what the trial needs of it.
        passes: one after the other, at least one.
        laid: those who lay it have ended already, and what they wrote down is there.
    """

    laying: Sequence[DriverJob]
    prepare: Callable[[], Awaitable[None]]
    passes: Sequence[Pass]
    laid: bool = False

    @property
    def shares(self) -> Mapping[str, Share]:
        """What is to be done in all passes, by part."""
        return {part: share for each in self.passes for part, share in each.shares.items()}


def is_done(share: Share, state: ConsumerState | None, told: Progress) -> bool:
    """Say whether a part has done its share, as the server and its own processes tell.

    A repeat may stand in for a message that is still to come, and so the server must say that none
    is. A share of nothing is done.
    """
    if state is None or told.handled < share.msgs:
        return False
    reached = state.ack_floor_seq if share.acks else state.delivered_seq
    return reached >= share.last_seq


def ended_ns(shares: Mapping[str, Share], seen: Mapping[str, Sequence[ConsumerRecord]]) -> int:
    """Return when the last message of all shares was done with, on the clock of the records."""
    return max(
        _last_ns(share, record) for part, share in shares.items() for record in seen.get(part, ())
    )


def _last_ns(share: Share, record: ConsumerRecord) -> int:
    own = (record.stream_seqs >= share.first_seq) & (record.stream_seqs <= share.last_seq)
    done_ns = np.maximum(record.handled_ns, record.acked_ns)[own]
    return int(done_ns.max(initial=0))
