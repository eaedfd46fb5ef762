"""The sampler: asks the server about lag ten times a second, reads CPU, memory and network.

Each sample falls on a random instant of its tenth of a second: at a fixed phase, a message every
tenth of a second would always be seen at the same moment of its life. What is asked for in
different ways is asked for by itself: a question without an answer is a gap in its own columns.
"""

import asyncio
import json
from array import array
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from random import Random
from typing import NamedTuple

import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg

from bench.broker.admin import Names
from bench.broker.endpoint import JS_API
from bench.broker.link import Link
from bench.broker.observe import StreamState, consumer_state, stream_state
from bench.core.errors import MeasurementError, ServerUnavailableError
from bench.core.units import NS_PER_S
from bench.engine.ackcheck import METRIC_SUBJECT, SAMPLES_PER_S, AckEvent, read_ack_event
from bench.engine.clock import Alarm, now_ns
from bench.engine.ending import end
from bench.engine.gaps import Gaps
from bench.engine.hands import Listener
from bench.engine.jobs import Watched
from bench.engine.sockets import Network
from bench.engine.spilling import Rows
from bench.engine.usage import Followed, find_process, read_host_cpu
from bench.record.samples import BESIDE

SAMPLE_HZ = 10
STREAM_HZ = 2
"""How often the stream is asked about: enough for bytes."""

NETWORK_HZ = 4
"""How often is read what connections carried: each look takes the kernel a millisecond."""

MOST_QUESTIONS_PER_S = 160
"""About all consumers together: what asks and what answers takes CPU beside the load."""

ANSWER_WITHIN_S = 1.0
"""A later answer would tell of any instant in between; a gap is more honest."""

ACK_EVENTS = SAMPLES_PER_S // STREAM_HZ
"""How many ack metrics are taken each time the stream is asked about.

The server cannot report less than 1 % of the acks. At 20 000 msg/s to hear all of those was two
thirds of the sampler's work.
"""

_GIVING_UP = "$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES"

Probe = Callable[[], Awaitable[None]]


class Rates(NamedTuple):
    """How often is looked at what, 1/s."""

    usage_hz: int
    lag_hz: int
    stream_hz: int
    network_hz: int


SHORT = Rates(SAMPLE_HZ, SAMPLE_HZ, STREAM_HZ, NETWORK_HZ)
LONG = Rates(2, 1, 1, 1)
"""Of a soak: a day of the others would be gigabytes of rows. Still no second is without a look."""


def giving_up_subject(names: Names) -> str:
    """Return where a server says that a consumer gave a message up."""
    return f"{_GIVING_UP}.{names.stream}.{names.consumer}"


def lag_hz(consumers: int) -> int:
    """Return how often each of so many consumers is asked about, 1/s: few alike, many in turn."""
    return max(1, min(SAMPLE_HZ, MOST_QUESTIONS_PER_S // max(1, consumers)))


class Sampler:
    """Collects rows of the samples table until it is cancelled."""

    def __init__(
        self,
        client: Client,
        watched: Sequence[Watched],
        pids: Mapping[str, int],
        seed: int,
        listener: Listener | None = None,
    ) -> None:
        self._rates = SHORT
        self._client = client
        self._alone: Sequence[Names] = ()
        self._beside: Sequence[Names] = ()
        self._listener = listener
        self._watched = watched
        # One that has died is told by who started it; the others are still worth watching.
        self._processes: dict[str, Followed] = {}
        self._network = Network()
        for role, pid in pids.items():
            self.follow(role, pid)
        self._random = Random(seed)  # noqa: S311 - sampling instants, not secrets
        self._start_ns = 0
        self._events_to_come = 0
        self._lag_msgs: dict[str, int] = {}
        self.rows = Rows()
        self.gaps = Gaps()
        self.ack_events: list[AckEvent] = []
        self.given_up: Counter[str] = Counter()
        self.given_up_seqs: defaultdict[str, array[int]] = defaultdict(lambda: array("q"))

    @property
    def lag_msgs(self) -> int:
        """The most that the server last told of a consumer; -1 while it told nothing."""
        return max(self._lag_msgs.values(), default=-1)

    def spill_to(self, path: Path) -> None:
        """Look less often, and have most rows in a file: it will be long."""
        self._rates, self.rows = LONG, Rows(path)

    def follow(self, role: str, pid: int) -> None:
        """Read CPU, memory and network of this process from now on.

        It may come after another one of its role: what both used stands in one column, and goes
        on to rise.
        """
        if (process := find_process(pid)) is None:
            return
        self._network.follow(role, pid)
        if (known := self._processes.get(role)) is None:
            self._processes[role] = Followed(process)
        else:
            known.go_on_with(process)

    def asks_for(self, alone: Sequence[Names], beside: Sequence[Names]) -> None:
        """Ask for these streams as well, that no consumer takes from."""
        self._alone, self._beside = alone, beside

    async def run(self, start_ns: int, alarm: Alarm) -> None:
        """Sample from the trial's start on."""
        self._start_ns = start_ns
        for watched in self._watched:
            if watched.max_deliver is not None:
                hear = partial(self._on_giving_up, watched.part)
                await self._client.subscribe(giving_up_subject(watched.names), cb=hear)
        if self._listener is not None:
            await self._listener.listen(self._client, start_ns)
        # A task group would cancel each only once, and that can be swallowed.
        probes = [
            asyncio.create_task(self._again_and_again(per_s, alarm, probe))
            for per_s, probe in self._probes()
        ]
        try:
            failed, _ = await asyncio.wait(probes, return_when=asyncio.FIRST_EXCEPTION)
            for probe in failed:
                probe.result()
        finally:
            await end(*probes)

    def _probes(self) -> Iterator[tuple[int, Probe]]:
        """Yield what is done how often, 1/s: two consumers of one stream ask for it once."""
        rates = self._rates
        yield rates.usage_hz, self._read_usage
        hz = min(rates.lag_hz, lag_hz(len(self._watched)))
        for watched in self._watched:
            yield hz, partial(self._ask_lag, watched)
        for watched in {each.names.stream: each for each in reversed(self._watched)}.values():
            yield rates.stream_hz, partial(self._ask_stream, watched)
        for names in self._alone:
            yield rates.stream_hz, partial(self._ask_alone, names)
        yield rates.network_hz, self._read_network
        if self._beside:
            yield rates.stream_hz, self._ask_beside

    async def _again_and_again(self, per_s: int, alarm: Alarm, probe: Probe) -> None:
        period_ns = NS_PER_S // per_s
        tick = 0
        while True:
            await alarm.until(self._start_ns + tick * period_ns + self._random.randrange(period_ns))
            await probe()
            # An answer that comes late costs samples; it must not shift the following ones.
            tick = max(tick + 1, (now_ns() - self._start_ns) // period_ns)

    async def _listen(self, names: Names) -> None:
        """Hear the next few of the server's own ack times, where the consumer has them sampled."""
        subject = f"{METRIC_SUBJECT}.{names.stream}.{names.consumer}"
        self._events_to_come = ACK_EVENTS
        subscription = await self._client.subscribe(subject, cb=self._on_ack_event)
        await subscription.unsubscribe(limit=ACK_EVENTS)

    async def _on_ack_event(self, message: Msg) -> None:
        self._events_to_come -= 1
        if (event := read_ack_event(message.data)) is not None:
            self.ack_events.append(event)

    async def _on_giving_up(self, part: str, message: Msg) -> None:
        """The server gave a message of a part up; it says so once of each."""
        self.given_up[part] += 1
        self.given_up_seqs[part].append(int(json.loads(message.data)["stream_seq"]))

    def heard_over(self, link: Link) -> Mapping[str, int]:
        """Return how many messages were given up, by the parts of which that could be heard.

        Events do not follow an API that stands elsewhere, as in another domain.
        """
        if link.endpoint.js_api != JS_API:
            return {}
        return {
            each.part: self.given_up[each.part]
            for each in self._watched
            if not link.forbids(giving_up_subject(each.names))
        }

    async def _read_usage(self) -> None:
        row: dict[str, int | None] = {"t_ns": now_ns() - self._start_ns}
        for role, process in self._processes.items():
            usage = process.read()
            row[f"{role}_cpu_ns"] = usage.cpu_ns if usage else None
            row[f"{role}_rss_bytes"] = usage.rss_bytes if usage else None
            row[f"{role}_wait_ns"] = usage.wait_ns if usage else None
        host = read_host_cpu()
        row["host_idle_ns"] = host.idle_ns
        row["host_steal_ns"], row["host_throttled_ns"] = host.steal_ns, host.throttled_ns
        self.rows.append(row)

    async def _read_network(self) -> None:
        row: dict[str, int | None] = {"t_ns": now_ns() - self._start_ns}
        for role, carried in self._network.read().items():
            row[f"{role}_in_bytes"] = carried.in_bytes
            row[f"{role}_out_bytes"] = carried.out_bytes
        if len(row) > 1:
            self.rows.append(row)

    async def _ask_lag(self, watched: Watched) -> None:
        asked_ns, prefix = now_ns(), watched.prefix
        try:
            told = await consumer_state(self._client, watched.names, timeout_s=ANSWER_WITHIN_S)
        except (MeasurementError, ServerUnavailableError) as error:
            self.gaps.note("the consumer's state", asked_ns - self._start_ns, str(error))
            return
        answered_ns = now_ns()
        self._lag_msgs[watched.part] = told.lag_msgs
        self.rows.append(
            {
                # The gauge was read somewhere between question and answer.
                "t_ns": (asked_ns + answered_ns) // 2 - self._start_ns,
                f"{prefix}num_pending": told.num_pending,
                f"{prefix}num_ack_pending": told.num_ack_pending,
                f"{prefix}lag_msgs": told.lag_msgs,
                f"{prefix}lag_wait_ns": answered_ns - asked_ns,
                f"{prefix}num_redelivered": told.num_redelivered,
                f"{prefix}num_waiting": told.num_waiting,
            }
        )

    async def _ask_stream(self, watched: Watched) -> None:
        asked_ns = now_ns()
        try:
            if watched is self._watched[0] and not self._events_to_come:
                await self._listen(watched.names)
            told = await stream_state(self._client, watched.names, timeout_s=ANSWER_WITHIN_S)
        except (MeasurementError, ServerUnavailableError, nats.errors.Error) as error:
            self.gaps.note("the stream's state", asked_ns - self._start_ns, str(error))
            return
        self._tell_stream(asked_ns, told, watched.prefix)

    async def _ask_alone(self, names: Names) -> None:
        asked_ns = now_ns()
        try:
            told = await stream_state(self._client, names, timeout_s=ANSWER_WITHIN_S)
        except (MeasurementError, ServerUnavailableError, nats.errors.Error) as error:
            self.gaps.note("the stream's state", asked_ns - self._start_ns, str(error))
            return
        self._tell_stream(asked_ns, told)

    def _tell_stream(self, asked_ns: int, told: StreamState, prefix: str = "") -> None:
        at_ns = (asked_ns + now_ns()) // 2 - self._start_ns
        gauges = {f"{prefix}stream_msgs": told.msgs, f"{prefix}stream_bytes": told.size_bytes}
        self.rows.append({"t_ns": at_ns, **gauges})

    async def _ask_beside(self) -> None:
        """Ask for streams that nobody takes from: what all of one storage hold together."""
        asked_ns, held = now_ns(), Counter[str]()
        try:
            for names in self._beside:
                told = await stream_state(self._client, names, timeout_s=ANSWER_WITHIN_S)
                held[f"{BESIDE}.{told.storage}_msgs"] += told.msgs
                held[f"{BESIDE}.{told.storage}_bytes"] += told.size_bytes
        except (MeasurementError, ServerUnavailableError, nats.errors.Error) as error:
            self.gaps.note("the state of what is beside", asked_ns - self._start_ns, str(error))
            return
        self.rows.append({"t_ns": (asked_ns + now_ns()) // 2 - self._start_ns, **held})
