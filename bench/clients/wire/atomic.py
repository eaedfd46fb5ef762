"""Atomic batches: stored whole when their last message commits them, or not at all.

Only the commit is answered, and what asks for an answer: the first message, or one of so many, on
which the rest of the batch then waits. A batch that waited too long is committed by a message of
its own, which is not stored ("eob").

Source: ADR-50 (github.com/nats-io/nats-architecture-and-design), as tried on nats-server 2.15.1.
"""

import re
from collections.abc import Mapping

import numpy as np

from bench.clients.faults import Faults
from bench.clients.port import AckSink, IntArray, Messages
from bench.clients.wire.answers import NEVER_SENT, read_answer
from bench.clients.wire.batches import LAST, Asking, Batches
from bench.clients.wire.frames import NUMBER_DIGITS, Form, control_frame
from bench.clients.wire.parse import Message
from bench.spec.variant import PublishSettings

_REPLY = re.compile(rb".*\.(\d{%d})\.(\d{%d})" % (NUMBER_DIGITS, NUMBER_DIGITS))
"""First position of the batch, and that of the message that is answered."""

_NOBODY = -1


class AtomicBatches:
    """Every batch has one answer, which settles all its messages.

    Attributes:
        forms: of a member, of the message that commits, and of a member that asks for an answer.
        awaits: batches wait for answers to some of their members.
    """

    def __init__(
        self, messages: Messages, inbox: bytes, sink: AckSink, faults: Faults, how: PublishSettings
    ) -> None:
        name = inbox.decode()
        own = name.rpartition(".")[2]  # tells our batches from those of other publishers
        member = (("Nats-Batch-Id", f"{own}-{{batch}}"), ("Nats-Batch-Sequence", "{sequence}"))
        reply = f"{name}.{{batch}}.{{position}}"
        commit, end = ((*member, ("Nats-Batch-Commit", word)) for word in ("1", "eob"))
        self.forms = (
            Form(headers=member + messages.headers),
            Form(reply=reply, headers=commit + messages.headers),
            *([Form(reply=reply, headers=member + messages.headers)] if how.awaits else []),
        )
        self.awaits = how.awaits
        self._asking = Asking(how.ack_first, how.ack_every, how.batch)
        self._awaited = _NOBODY
        self._end_form = Form(reply=reply, headers=end)
        self._subject = messages.subjects[0]
        self._linger_ns = how.linger_ns
        self._sink = sink
        self._faults = faults
        self._batches = Batches(how.batch, messages.ids.size)
        self._written = 0
        self._begun_ns = 0  # when the open batch began; 0 while none is open

    @property
    def epoch(self) -> int:
        """How many batches ended early."""
        return self._batches.epoch

    def numbers(self, positions: IntArray) -> tuple[IntArray, Mapping[str, IntArray]]:
        """Return whether each commits, or asks for an answer, and its numbers."""
        part, numbers = self._batches.numbers(positions)
        form = (part == LAST).astype(np.int64)
        if self.awaits:
            form[(part != LAST) & self._asking.asks(numbers["sequence"])] = 2
        return form, numbers

    def free_stop(self) -> int:
        """Return the position up to which messages may leave, the next one that asks included."""
        if self._awaited != _NOBODY:
            return self._written
        return self._written + self._asking.ahead(self._batches.place(self._written).sequence)

    def wrote(self, stop: int, now_ns: int) -> None:
        """Positions below `stop` are on their way; the batch of the last one may be open."""
        if self._batches.is_last(stop - 1):
            self._begun_ns = 0
        elif self._begun_ns == 0 or self._batches.place(stop - 1).batch >= self._written:
            self._begun_ns = now_ns
        self._written = stop
        if self.awaits and self._asks(stop - 1):
            self._awaited = stop - 1

    def _asks(self, position: int) -> bool:
        sequence = np.array([self._batches.place(position).sequence])
        return bool(self._asking.asks(sequence)[0]) and not self._batches.is_last(position)

    def ends_ns(self) -> int:
        """Return when the open batch has waited long enough; 0 when none waits for messages."""
        waits = self._begun_ns and self._awaited == _NOBODY
        return self._begun_ns + self._linger_ns if waits else 0

    def end(self) -> bytes:
        """Return the frame that commits the open batch as it is."""
        last = self._written - 1
        batch, sequence = self._batches.place(last)
        self._cut()
        numbers = {"batch": batch, "sequence": sequence + 1, "position": last}
        return control_frame(self._subject, self._end_form, numbers)

    def lost(self) -> None:
        """The server forgets an open batch with its connection."""
        self._cut()

    def plain(self, data: bytes, now_ns: int) -> bytes:
        """Take nothing: there is one answer for many messages, read one by one."""
        del now_ns
        return data

    def message(self, message: Message, now_ns: int) -> None:
        """Take the answer to a commit, or to a member that asked."""
        to = _REPLY.fullmatch(message.subject)
        first, last = (int(to[1]), int(to[2])) if to else (0, -1)
        if not first <= last < self._written:
            self._faults.note(NEVER_SENT)
            return
        if last == self._awaited:
            if not message.payload and not message.header:
                self._go_on(now_ns)
                return
            self._cut()  # the server has given the batch up
        answer = read_answer(message)
        if not answer.refusal:
            self._sink.stored(range(first, last + 1), now_ns)
            return
        for position in range(first, last + 1):
            self._sink.refused(position, answer.refusal)

    def _go_on(self, now_ns: int) -> None:
        """The batch waits for messages again, and has not waited for any meanwhile."""
        self._awaited, self._begun_ns = _NOBODY, now_ns

    def _cut(self) -> None:
        self._awaited = _NOBODY
        if self._begun_ns:
            self._begun_ns = 0
            self._batches.end(self._written)
