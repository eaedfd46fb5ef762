"""Which deliveries of an ordered consumer follow one another, and which come after a gap.

Such a consumer acknowledges nothing, so what is missed on the way never comes again by itself. It
numbers what it delivers; whoever finds a number missing has a new one made that begins behind the
last message before the gap. Pure: no I/O.

Source: ADR-17 (github.com/nats-io/nats-architecture-and-design).
"""

from collections.abc import Sequence

from bench.clients.wire.deliveries import sequences_of


class InTurn:
    """What one consumer after the other delivered, without a gap.

    Attributes:
        last_seq: stream sequence of the last message before any gap; 0 before the first.
    """

    def __init__(self) -> None:
        self.last_seq = 0
        self._last = 0

    def anew(self) -> None:
        """Another consumer delivers from now on, and counts from 1."""
        self._last = 0

    def following(self, ack_subjects: Sequence[bytes]) -> int:
        """Return how many deliveries, from the first one on, leave no gap behind those before.

        Numbers go up, so the last one says whether one between is missing.
        """
        count, ends = len(ack_subjects), sequences_of(ack_subjects[-1])
        if ends[1] != self._last + count:
            numbers = (sequences_of(each)[1] for each in ack_subjects)
            places = enumerate(numbers, start=self._last + 1)
            count = next((n for n, (due, found) in enumerate(places) if due != found), count)
            if not count:
                return 0
            ends = sequences_of(ack_subjects[count - 1])
        self.last_seq, self._last = ends
        return count

    def behind(self, delivered: int) -> bool:
        """Say whether a consumer that has delivered so many messages has lost some on the way."""
        return delivered > self._last
