"""Changing values over nats-py: get, change, update if nobody wrote meanwhile, else again."""

import asyncio
import time
from collections import Counter

from nats.js.errors import APIError, KeyWrongLastSequenceError

from bench.clients.buckets import Bucket, Changes, SaidSink, Write
from bench.clients.following import TOO_EARLY, After, Event, Followed
from bench.clients.natspy_operations import NatsPyKeys
from bench.clients.pairs import EXPECTED_HEADER
from bench.clients.port import Endpoint, Outcome
from bench.clients.wire.values import GAVE_UP, WRONG_LAST

_NO_ANSWER = "no answer in time"


class NatsPyChanger(NatsPyKeys):
    """ChangeLink over nats-py whose operations each change a value."""

    def __init__(
        self, endpoint: Endpoint, changes: Changes, sink: SaidSink, bucket: Bucket
    ) -> None:
        super().__init__(endpoint, sink, bucket)
        self._changes = changes
        self._in_vain = Counter[int]()

    async def _try(self, position: int) -> None:
        why = GAVE_UP
        while self._in_vain[position] < self._bucket.tries:
            if why := await self._once(position):
                self._in_vain[position] += 1
            else:
                self._done(position)
                return
        self._refused(position, why, Outcome.CONFLICT)

    async def _once(self, position: int) -> str:
        """Change it; return why that is to be tried again, or nothing."""
        value = await self._value(self._key(position))
        write = self._changes.change(position, value)
        if write is None or await self._wrote(position, value.seq, write):
            return ""
        return GAVE_UP

    async def _wrote(self, position: int, seq: int, write: Write) -> bool:
        """Write, if nobody wrote since; a marker of the projector's own carries what it needs."""
        try:
            if write.headers:
                headers = {**_fields(write.headers), EXPECTED_HEADER: str(seq)}
                await self._publish(self._changes.subject(position), write.payload, headers)
            else:
                await self.keys.update(self._key(position), write.payload, last=seq)
        except KeyWrongLastSequenceError:
            return False
        except APIError as error:
            if error.err_code != WRONG_LAST:
                raise
            return False
        return True

    def _done(self, position: int) -> None:
        now_ns = time.monotonic_ns()
        self._told(position)
        self._sink.stored((position,), now_ns)

    def _refused(self, position: int, reason: str, outcome: Outcome = Outcome.REFUSED) -> None:
        self._told(position)
        super()._refused(position, reason, outcome)

    def _told(self, position: int) -> None:
        """Tell how often it was tried in vain, and 1, so that it is above 0."""
        self._tell(position, self._in_vain.pop(position, 0) + 1)

    def _key(self, position: int) -> str:
        return self._changes.subject(position).removeprefix(self._prefix)


def _fields(lines: bytes) -> dict[str, str]:
    """Return the headers of whole lines."""
    pairs = (line.split(":", 1) for line in lines.decode().splitlines())
    return {name: value.strip() for name, value in pairs}


class NatsPyEffects(NatsPyChanger):
    """A changer of what deliveries ask for: one without an answer has failed, and comes again."""

    def _unanswered(self, position: int) -> None:
        self._refused(position, _NO_ANSWER)


class NatsPyFollower(NatsPyEffects):
    """ChangeLink over nats-py whose changes are each worked for, and followed by events."""

    def __init__(
        self, endpoint: Endpoint, changes: Followed, sink: SaidSink, bucket: Bucket, after: After
    ) -> None:
        super().__init__(endpoint, changes, sink, bucket)
        self._followed = changes
        self._after = after

    async def _once(self, position: int) -> str:
        value = await self._value(self._key(position))
        if self._followed.early(position, value):
            return TOO_EARLY
        write = self._changes.change(position, value)
        if write is not None:
            await self._work(position)
            if not await self._wrote(position, value.seq, write):
                return GAVE_UP
        await asyncio.gather(*map(self._tell_of, self._followed.events(position)))
        return ""

    async def _work(self, position: int) -> None:
        if not (work_ns := self._followed.work_ns(position)):
            return
        worked = asyncio.Event()
        self._after(work_ns, worked.set)
        await worked.wait()

    async def _tell_of(self, event: Event) -> None:
        """Publish; the PubAck of a duplicate says that the event is there, as it is to be."""
        await self._publish(event.subject, event.payload, {"Nats-Msg-Id": event.message_id})
