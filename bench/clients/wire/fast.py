"""Fast batches: one ack for many messages, and no promise that all are stored or none.

A batch is open for as long as messages come. The server acks it every so many messages, at most as
many as we ask for; what it has acked is stored up to there. A batch that waits too long for the
next ack is ended, which has the rest confirmed. Its first message is answered at once, which may be
waited for. A gap, where the server missed messages, ends it,
too ("fail"), or it goes on ("ok"): then acks, and the last count, go over what is missing.

Source: ADR-50 (github.com/nats-io/nats-architecture-and-design), as tried on nats-server 2.15.1.
"""

import re
from collections.abc import Iterator, Mapping

from bench.clients.faults import Faults
from bench.clients.port import AckSink, IntArray, Messages
from bench.clients.wire.answers import NEVER_SENT, read_answer
from bench.clients.wire.batches import Batches
from bench.clients.wire.frames import NUMBER_DIGITS, Form, control_frame
from bench.clients.wire.parse import Message
from bench.spec.variant import PublishSettings

_START, _APPEND, _COMMIT, _END = range(4)
"""Operations, the last but one token of a reply subject; _END carries no message."""

_REPLY = re.compile(
    rb".*(\d{%d})\.\d+\.(?:fail|ok)\.(\d{%d})\.([0-3])\.\$FI" % (NUMBER_DIGITS, NUMBER_DIGITS)
)
"""First position of the batch, sequence in it and operation of the message that is answered."""


MISSED = "the server missed it, and its batch went on"


class FastBatches:
    """Acks settle messages up to a position, in order.

    Attributes:
        forms: of the first message, of those that follow, and of the last one of all.
        awaits: a batch waits for the answer to its first message.
    """

    def __init__(
        self, messages: Messages, inbox: bytes, sink: AckSink, faults: Faults, how: PublishSettings
    ) -> None:
        # The server knows a batch by the token before the flow alone, so that must be ours, too.
        own = inbox.rpartition(b".")[2].decode()
        to = f"{inbox.decode()}.{own}{{batch}}.{how.batch}.{how.gap}.{{sequence}}"
        start, append, commit, self._end_form = (
            Form(reply=f"{to}.{operation}.$FI", headers=headers)
            for operation, headers in (
                (_START, messages.headers),
                (_APPEND, messages.headers),
                (_COMMIT, messages.headers),
                (_END, ()),
            )
        )
        self.forms = (start, append, commit)
        self._subject = messages.subjects[0]
        self._linger_ns = how.linger_ns
        self._sink = sink
        self._faults = faults
        self._count = messages.ids.size
        self._batches = Batches(self._count + 1, self._count)
        self._every = how.batch
        self.awaits = how.ack_first
        self._heard = False  # of the open batch
        self._goes_on = how.gap == "ok"
        self._missed: list[range] = []
        self._written = 0
        self._settled = 0
        self._waits_ns = 0  # since when what is written last waits for an ack
        self._reason = ""

    @property
    def epoch(self) -> int:
        """How many batches ended early."""
        return self._batches.epoch

    def numbers(self, positions: IntArray) -> tuple[IntArray, Mapping[str, IntArray]]:
        """Return the operation of each, and its numbers."""
        return self._batches.numbers(positions)

    def free_stop(self) -> int:
        """Return the position up to which messages may leave."""
        if self._heard or not self.awaits:
            return self._count
        return self._batches.start + 1

    def wrote(self, stop: int, now_ns: int) -> None:
        """Positions below `stop` are on their way."""
        if self._waiting() == 0:
            self._waits_ns = now_ns
        self._written = stop

    def ends_ns(self) -> int:
        """Return when the open batch has waited long enough; 0 while an ack is on its way."""
        if self.awaits and not self._heard:
            return 0
        if not 0 < self._waiting() < self._every or self._batches.is_last(self._written - 1):
            return 0
        return self._waits_ns + self._linger_ns

    def end(self) -> bytes:
        """Return the frame that ends the open batch."""
        batch, sequence = self._batches.place(self._written - 1)
        self._begin_anew()
        numbers = {"batch": batch, "sequence": sequence + 1}
        return control_frame(self._subject, self._end_form, numbers)

    def lost(self) -> None:
        """Begin anew: nothing more will be heard of the open batch."""
        self._begin_anew()

    def _begin_anew(self) -> None:
        self._batches.end(self._written)
        self._heard = False

    def plain(self, data: bytes, now_ns: int) -> bytes:
        """Take nothing: there is one answer for many messages, read one by one."""
        del now_ns
        return data

    def message(self, message: Message, now_ns: int) -> None:
        """Take an ack, an error or the last word on a batch."""
        to = _REPLY.fullmatch(message.subject)
        first, sequence, operation = map(int, to.groups()) if to else (0, 0, 0)
        ended_by_us = operation == _END
        stop = first + sequence - ended_by_us  # behind the message that is answered
        answer = read_answer(message)
        counted = answer.sequence if answer.kind else answer.count
        stored_stop = first + counted - (answer.kind == "gap")  # that one tells of those before it
        if sequence < 1 or max(stop, stored_stop) > self._written:
            self._faults.note(NEVER_SENT)
        elif answer.kind == "ack":
            self._heard = self._heard or first == self._batches.start
            self._store(first, stored_stop, now_ns)
            self._every, self._waits_ns = answer.every, now_ns
        elif answer.kind == "gap" and self._goes_on:
            self._miss(range(first + max(0, answer.expected - 1), stored_stop))
        elif answer.kind == "gap":
            self._reason = "the server missed a message before it in its batch"
        elif answer.kind == "err":
            self._reason = answer.refusal
        elif answer.refusal:
            self._refuse(stop if ended_by_us else stop - 1, stop, answer.refusal)
            self._over(first)
        else:
            self._store(first, stored_stop, now_ns)
            self._refuse(stored_stop, stop, self._reason or "its batch ended before it")
            self._over(first)

    def _waiting(self) -> int:
        """Return how many messages of the open batch have no answer yet."""
        return self._written - max(self._settled, self._batches.start)

    def _store(self, first: int, stop: int, now_ns: int) -> None:
        """Everything in the batch that began at `first` is stored up to `stop`."""
        first = max(first, self._settled)
        if first < stop:
            for stored in self._known(first, stop):
                self._sink.stored(stored, now_ns)
            self._settled = stop

    def _refuse(self, first: int, stop: int, reason: str) -> None:
        for refused in self._known(max(first, self._settled), stop):
            for position in refused:
                self._sink.refused(position, reason)
        self._settled = max(self._settled, stop)

    def _miss(self, missing: range) -> None:
        """These never came to the server, and the batch goes on without them."""
        fresh = range(max(missing.start, self._settled), missing.stop)
        for position in fresh:
            self._sink.refused(position, MISSED)
        if fresh:
            self._missed.append(fresh)

    def _known(self, first: int, stop: int) -> Iterator[range]:
        """Yield what of these positions the server has not missed."""
        for missing in self._missed:
            if missing.start >= stop:
                break
            if first < missing.start:
                yield range(first, missing.start)
            first = max(first, missing.stop)
        if first < stop:
            yield range(first, stop)
        self._missed = [each for each in self._missed if each.stop > stop]

    def _over(self, first: int) -> None:
        """The server has ended the batch that began at `first`; we may have gone on with it."""
        self._reason = ""
        if first == self._batches.start < self._written:
            self._begin_anew()
