"""The ledger of made-up lives in plain Python: dictionaries, whole numbers, one event at a time.

It shares no line and no thought with what is tested: no arrays, no joins, and of what is lost it
knows each message by its id, where a trial has the server's counts alone.
"""

from array import array
from collections import Counter
from collections.abc import Iterator, Mapping

from bench.clients.port import NO_ID, Ending, Outcome
from tests.truth.lives import CONSUMERS, PERMANENT, WELL, Block, Came, Sent

SENT, STORED, REFUSED, RECEIVED, HANDLED, ACKED, DONE, HELD, FAILED, GIVEN_UP, EVICTED = (
    1 << bit for bit in range(11)
)
"""What is known of a message."""

_FAILURES = {Ending.NAKED, Ending.SILENT, Ending.TERMINATED, Ending.EXHAUSTED}
_DOES_THE_WORK = {WELL, Ending.UNACKED}


class Reference:
    """Counts events as they come."""

    def __init__(self, faults: list[int]) -> None:
        """Know nothing but the fault of each message, by id."""
        self._faults = faults
        self._known = [0] * len(faults)
        self._counts: Counter[str] = Counter()
        self._highest = [0] * CONSUMERS
        self._letters: dict[int, str] = {}
        self._given_up: dict[int, int] = {}
        self._last_seq = 0
        self._open = 0
        self._came = bytearray(len(faults))
        self._first, self._last, self._through = (
            array("q", bytes(8 * len(faults))) for _ in range(3)
        )

    def take(self, block: Block) -> None:
        """Count what happens in a block."""
        self._take_sent(block.sent)
        for process, came in enumerate(block.came):
            self._take_came(process, came)
        for message_id in block.held:
            self._known[message_id] |= HELD
        for message_id in block.evicted:
            self._known[message_id] |= EVICTED
        for letter in block.letters:
            self._counts["letters_twice"] += letter.seq in self._letters
            self._letters[letter.seq] = letter.reason
        self._open += block.open_msgs
        self._counts["exhausted"] += block.advised
        self._last_seq = max(self._last_seq, block.last_seq)

    def _take_sent(self, sent: Sent) -> None:
        rows = zip(sent.ids.tolist(), sent.stored_ns.tolist(), sent.outcome.tolist(), strict=True)
        for message_id, stored_ns, outcome in rows:
            said = STORED if stored_ns else REFUSED if outcome == Outcome.REFUSED else 0
            self._known[message_id] |= SENT | said

    def _take_came(self, process: int, came: Came) -> None:
        rows = zip(
            came.ids.tolist(),
            came.seqs.tolist(),
            came.deliveries.tolist(),
            came.ending.tolist(),
            came.handled_ns.tolist(),
            came.acked_ns.tolist(),
            came.received_ns.tolist(),
            strict=True,
        )
        counts, known = self._counts, self._known
        for message_id, seq, delivery, ending, handled_ns, acked_ns, received_ns in rows:
            counts["deliveries"] += 1
            if delivery > 1:
                counts["redelivered"] += 1
            elif seq < self._highest[process]:
                counts["reordered"] += 1
            else:
                self._highest[process] = seq
            if message_id == NO_ID:
                counts["foreign"] += 1
                continue
            before = known[message_id]
            now = before | RECEIVED
            if before & RECEIVED:
                counts["duplicates"] += 1
            if handled_ns:
                now |= HANDLED
            if acked_ns or ending == Ending.TERMINATED:
                now |= ACKED
            if ending in _DOES_THE_WORK and handled_ns:
                counts["handled_twice"] += bool(before & DONE)
                now |= DONE
            elif ending in _FAILURES:
                now |= FAILED
                counts["failures"] += 1
                counts["naked"] += ending == Ending.NAKED
                if ending in (Ending.TERMINATED, Ending.EXHAUSTED):
                    now |= GIVEN_UP
                    self._given_up[seq] = ending
            elif ending == Ending.REPEATED:
                counts["repeats"] += 1
            known[message_id] = now
            self._note_attempt(
                message_id, received_ns, acked_ns or self._given_up_at(ending, handled_ns)
            )

    def _note_attempt(self, message_id: int, received_ns: int, through_ns: int) -> None:
        """Take down when a message came, and when it was through with; 0 where it was not."""
        self._came[message_id] += 1
        if self._came[message_id] == 1:
            self._first[message_id] = received_ns
        self._last[message_id] = max(self._last[message_id], received_ns)
        self._through[message_id] = max(self._through[message_id], through_ns)

    @staticmethod
    def _given_up_at(ending: int, handled_ns: int) -> int:
        return handled_ns if ending in (Ending.TERMINATED, Ending.EXHAUSTED) else 0

    def attempts(self) -> Mapping[int, int]:
        """Return how many messages came how often."""
        found = Counter(self._came)
        del found[0]
        return found

    def retrying_ns(self) -> list[int]:
        """Return how long what came more than once took until it was through, ascending."""
        rows = zip(self._came, self._first, self._last, self._through, strict=True)
        return sorted(
            through_ns - first_ns
            for came, first_ns, last_ns, through_ns in rows
            if came > 1 and through_ns >= last_ns
        )

    def ledger(self) -> Mapping[str, int]:
        """Return every entry."""
        found = Counter(self._counts)
        for known, fault in zip(self._known, self._faults, strict=True):
            for entry in _entries(known, hopeless=fault == PERMANENT):
                found[entry] += 1
        found["retried"] = sum(came > 1 for came in self._came)
        found["settled"] = len(self.retrying_ns())
        found["backlog"] = found.pop("held", 0) + self._open
        found["stream_msgs"] = self._last_seq
        found["dead_lettered"] = len(self._letters)
        found["letters_exhausted"] = list(self._letters.values()).count("max_deliver")
        found["letters_missing"] = len(self._given_up.keys() - self._letters.keys())
        found["terminated"] = list(self._given_up.values()).count(Ending.TERMINATED)
        return found


def _entries(known: int, *, hopeless: bool) -> Iterator[str]:
    """Yield the entries that a message counts in when all is over."""
    yield "planned"
    yield "published" if known & SENT else "not_sent"
    if known & STORED:
        yield "stored"
    elif known & REFUSED:
        yield "refused"
    elif known & SENT:
        yield "unconfirmed"
    for bit, entry in ((RECEIVED, "received"), (HANDLED, "handled"), (ACKED, "acked")):
        if known & bit:
            yield entry
    if known & HELD:
        yield "held"
    elif known & STORED and known & EVICTED:
        yield "evicted"
    elif known & STORED and not known & RECEIVED:
        yield "lost"
    if known & FAILED and hopeless and not known & GIVEN_UP:
        yield "stuck"
    if known & FAILED and not hopeless and not known & DONE:
        yield "undone"
