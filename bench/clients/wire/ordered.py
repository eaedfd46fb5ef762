"""An ordered consumer: where something is missing, a new one is made that begins behind the rest.

It stands on a push consumer without acks. A gap in what came, a heartbeat that counts more than
came, silence, and a new connection each have it made anew: under the same name, and with another
subject to deliver to, so that what the old one sent late is known. What comes behind a gap is
dropped, as it comes again.

Source: ADR-17 (github.com/nats-io/nats-architecture-and-design), as tried on nats-server 2.15.1.
"""

import asyncio
import json

from bench.clients.heartbeats import HeartbeatWatch
from bench.clients.port import Binding, Endpoint
from bench.clients.wire.columns import Columns, chosen
from bench.clients.wire.consume import WireConsumer
from bench.clients.wire.inturn import InTurn
from bench.clients.wire.listening import made
from bench.clients.wire.parse import Message, Status

_FIRST_SID = 1
_ANSWERS_SID = 2_000_000
"""Far above the sids of what is delivered, one for each time that it was made anew."""

_AGAIN_S = 0.1
"""How long to wait before asking again for what the server would not make."""


class WireOrdered(WireConsumer):
    """ConsumerLink that has its consumer made anew where one of its deliveries is missing.

    Attributes:
        resets: how often it was made anew.
        discarded: deliveries dropped because they came behind a gap, or from an earlier one.
    """

    def __init__(self, endpoint: Endpoint, binding: Binding) -> None:
        super().__init__(endpoint, binding)
        self._js_api = endpoint.js_api.encode()
        self._named = f"{binding.stream}.{binding.consumer}".encode()
        self._heartbeats = HeartbeatWatch(binding.idle_heartbeat_ns, self._silent)
        self._turn = InTurn()
        self._sid = _FIRST_SID
        self._missing = self._known = False
        self._again: asyncio.TimerHandle | None = None
        self.resets = self.discarded = 0

    def subscriptions(self) -> bytes:
        """Listen for what the server answers as well."""
        return super().subscriptions() + b"SUB %b.made.* %d\r\n" % (self._inbox, _ANSWERS_SID)

    def connected(self) -> None:
        """Make it anew, unless this is the first connection: what was on its way is gone."""
        if self._known:
            self._reset()
        self._known = True

    async def close(self) -> None:
        """Stop the flow and disconnect; never raises."""
        if self._again is not None:
            self._again.cancel()
        await super().close()

    def message(self, message: Message, now_ns: int) -> None:
        """Take any message that is not plain; among them what the server answers."""
        if message.sid == _ANSWERS_SID:
            self._was_answered(message)
        else:
            super().message(message, now_ns)

    def chunk_ends(self) -> None:
        """Hand over what came, and see to what is missing."""
        super().chunk_ends()
        if self._missing:
            self._reset()

    def _came(self, columns: Columns, now_ns: int) -> None:
        count, columns = len(columns.sids), _of(columns, b"%d" % self._sid)
        there = len(columns.sids)
        kept = self._turn.following(columns.ack_subjects) if there and not self._missing else 0
        self._missing = self._missing or kept < there
        self.discarded += count - kept
        if kept:
            super()._came(_first(columns, kept), now_ns)

    def _take_status(self, message: Message, status: Status, now_ns: int) -> None:
        super()._take_status(message, status, now_ns)
        delivered = status.fields.get("Nats-Last-Consumer", "")
        if message.sid == self._sid and delivered.isdigit():
            self._missing = self._missing or self._turn.behind(int(delivered))

    def _silent(self, words: str) -> None:
        """Make it anew where it should have been heard; a broken connection is mended first."""
        self._faults.note(words)
        if self._connection.is_open:
            self._reset()

    def _reset(self) -> None:
        """End it, and listen where the next one is to deliver; that is made when it has ended."""
        if self._again is not None:
            self._again.cancel()
        self._missing = False
        self._turn.anew()
        self._heartbeats.heard()
        self.resets += 1
        self._sid += 1
        self._connection.answer(
            b"UNSUB %d\r\nSUB %b %d\r\n" % (self._sid - 1, self._deliver, self._sid)
        )
        self._ask(b"DELETE", b"")

    @property
    def _deliver(self) -> bytes:
        return b"%b.deliver.%d" % (self._inbox, self._sid)

    def _ask(self, operation: bytes, body: bytes) -> None:
        """Ask the server about it; a later connection begins anew."""
        to = b"%b.CONSUMER.%b.%b" % (self._js_api, operation, self._named)
        reply = b"%b.made.%b-%d" % (self._inbox, operation, self._sid)
        self._connection.answer(b"PUB %b %b %d\r\n%b\r\n" % (to, reply, len(body), body))

    def _was_answered(self, message: Message) -> None:
        operation, _, sid = message.subject.rpartition(b".")[2].partition(b"-")
        if sid != b"%d" % self._sid:
            return
        if operation == b"DELETE":  # or it was gone already
            self._ask(b"CREATE", self._config())
            return
        there, _, why = made(message.payload)
        if not there:
            self._faults.note(f"an ordered consumer was not made anew: {why}")
            self._again = asyncio.get_running_loop().call_later(_AGAIN_S, self._reset)

    def _config(self) -> bytes:
        config = {
            **json.loads(self._binding.anew),
            "deliver_subject": self._deliver.decode(),
            "deliver_policy": "by_start_sequence",
            "opt_start_seq": self._turn.last_seq + 1,
        }
        body = {"stream_name": self._binding.stream, "config": config, "action": "create"}
        return json.dumps(body).encode()


def _of(columns: Columns, sid: bytes) -> Columns:
    """Return what came to a subscription; mostly all of it."""
    if columns.sids.count(sid) == len(columns.sids):
        return columns
    places = [place for place, each in enumerate(columns.sids) if each == sid]
    return chosen(columns, places)


def _first(columns: Columns, count: int) -> Columns:
    return columns if count == len(columns.sids) else chosen(columns, range(count))
