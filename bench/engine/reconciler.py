"""The process that looks for what has one half alone, and writes the other."""

import asyncio
import json
from collections.abc import Mapping

import nats.errors
import numpy as np
from nats.aio.client import Client

from bench.broker.latest import since
from bench.clients.pairs import Write
from bench.clients.port import Delivered
from bench.clients.wire.values import conflicts
from bench.core.errors import MeasurementError
from bench.core.units import NS_PER_S
from bench.engine.clock import now_ns
from bench.engine.jobs import Mending
from bench.engine.reconciling import Repair, books
from bench.engine.recorder import ConsumeRecorder

AT_ONCE = 64
"""Repairs under way at a time."""

SILENCE_S = 5.0

LAST_LOOKS = 5
"""When all writers are through, what so many looks could not put right stays as it is."""

MOST_REASONS = 5


class Reconciler:
    """Looks at bucket and stream, and puts right what two looks in a row find.

    While writers are at work, what is found once may be under way. When they are through, whatever
    is found is missing.

    Attributes:
        failed: writes that were refused or not answered; they are tried again by the next look.
        reasons: why, each once.
    """

    def __init__(self, client: Client, mending: Mending, recorder: ConsumeRecorder) -> None:
        self._client = client
        self._mending = mending
        self._recorder = recorder
        self._books = books(mending.form)
        self._next_seqs = {mending.bucket: 1, mending.stream: 1}
        self._before: frozenset[int] = frozenset()
        self._noted: dict[int, int] = {}
        self._through = asyncio.Event()
        self.failed = 0
        self.reasons: list[str] = []

    def through(self) -> None:
        """Nothing more will be written by others."""
        self._through.set()

    async def run(self) -> None:
        """Look at intervals, where that is asked, until all are through; then for the last time."""
        while not self._through.is_set():
            await self._wait()
            if not self._through.is_set():
                await self.look()
        for _ in range(LAST_LOOKS):
            if not await self.look(last=True):
                return

    async def look(self, *, last: bool = False) -> int:
        """Read what is new and put right what is missing; return how much was, -1 if unknown.

        Args:
            last: what this look alone finds counts as well.
        """
        try:
            await self._read()
        except MeasurementError as error:
            self._note(str(error))
            return -1
        missing = self._books.missing()
        chosen = [each for n, each in missing.items() if last or n in self._before]
        for first in range(0, len(chosen), AT_ONCE):
            await asyncio.gather(*map(self._mend, chosen[first : first + AT_ONCE]))
        self._before = frozenset(missing)
        return len(chosen)

    async def _wait(self) -> None:
        seconds = self._mending.every_ns / NS_PER_S or None
        try:
            await asyncio.wait_for(self._through.wait(), seconds)
        except TimeoutError:
            return

    async def _read(self) -> None:
        """Read values before events: an event whose value came later is not alone."""
        form, mending = self._mending.form, self._mending
        told = await since(
            self._client, mending.bucket, form.values, self._next_seqs[mending.bucket]
        )
        for key, kept in told:
            self._next_seqs[mending.bucket] = kept.seq + 1
            self._books.saw_value(key, kept.seq, kept.data)
        if form.strategy == "outbox":
            return
        events = await since(
            self._client, mending.stream, form.events, self._next_seqs[mending.stream]
        )
        for key, kept in events:
            self._next_seqs[mending.stream] = kept.seq + 1
            self._books.saw_event(key, kept.data)

    async def _mend(self, repair: Repair) -> None:
        positions = [self._position(number) for number in repair.ids]
        for write in repair.writes:
            if not await self._wrote(write):
                return
        self._recorder.handled_at(np.array(positions), now_ns())

    def _position(self, number: int) -> int:
        """Return the row of an operation; a new one for what is found for the first time."""
        if number not in self._noted:
            block = Delivered(
                received_ns=np.array([now_ns()]),
                ids=np.array([number]),
                stream_seqs=np.array([0]),
                deliveries=np.array([1]),
            )
            self._noted[number] = int(self._recorder.take(block)[0])
        return self._noted[number]

    async def _wrote(self, write: Write) -> bool:
        """Write; say whether it is there. Where a writer was faster the next look tells more."""
        headers = dict(write.headers) or None
        try:
            answer = await self._client.request(
                write.subject, write.payload, timeout=SILENCE_S, headers=headers
            )
            reason = _refusal(json.loads(answer.data))
        except (OSError, TimeoutError, nats.errors.Error, ValueError) as error:
            self._note(str(error) or "no answer in time")
            return False
        if reason is not None and not conflicts(answer.data):
            self._note(reason)
        return reason is None

    def _note(self, reason: str) -> None:
        self.failed += 1
        if reason not in self.reasons and len(self.reasons) < MOST_REASONS:
            self.reasons.append(reason)


def _refusal(body: Mapping[str, object]) -> str | None:
    """Return why a write was refused; one that is there already is none."""
    error = body.get("error")
    return str(error.get("description")) if isinstance(error, dict) else None
