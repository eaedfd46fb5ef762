"""The ledger of made-up lives in plain Python: dictionaries, whole numbers, one event at a time.

It shares no line and no thought with what is tested: no arrays, no joins, and of what is lost it
knows each message by its id, where a trial has the server's counts alone.
"""

from collections import Counter
from collections.abc import Iterator, Mapping

from bench.clients.port import NO_ID, Ending, Outcome
from tests.truth.lives import CONSUMERS, PERMANENT, WELL, Block, Came, Sent

SENT, STORED, REFUSED, RECEIVED, HANDLED, ACKED, DONE, HELD, FAILED, GIVEN_UP = (
    1 << bit for bit in range(10)
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

    def take(self, block: Block) -> None:
        """Count what happens in a block."""
        self._take_sent(block.sent)
        for process, came in enumerate(block.came):
            self._take_came(process, came)
        for message_id in block.held:
            self._known[message_id] |= HELD
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
            strict=True,
        )
        counts, known = self._counts, self._known
        for message_id, seq, delivery, ending, handled_ns, acked_ns in rows:
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

    def ledger(self) -> Mapping[str, int]:
        """Return every entry."""
        found = Counter(self._counts)
        for known, fault in zip(self._known, self._faults, strict=True):
            for entry in _entries(known, hopeless=fault == PERMANENT):
                found[entry] += 1
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
    elif known & STORED and not known & RECEIVED:
        yield "lost"
    if known & FAILED and hopeless and not known & GIVEN_UP:
        yield "stuck"
    if known & FAILED and not hopeless and not known & DONE:
        yield "undone"
