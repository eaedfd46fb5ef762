"""The sampler: asks the server about lag ten times a second and reads CPU and memory.

Each sample falls on a random instant of its tenth of a second: at a fixed phase, a message every
tenth of a second would always be seen at the same moment of its life.
"""

from collections.abc import Mapping
from random import Random

from nats.aio.client import Client
from nats.aio.msg import Msg

from bench.broker.admin import Names
from bench.broker.observe import consumer_state, stream_state
from bench.core.errors import MeasurementError
from bench.core.units import NS_PER_S
from bench.engine.ackcheck import METRIC_SUBJECT, SAMPLES_PER_S, AckEvent, read_ack_event
from bench.engine.clock import Alarm, now_ns
from bench.engine.usage import find_process, read_host_cpu, read_usage

SAMPLE_HZ = 10
STREAM_EVERY = 5
"""Every how many samples the stream is asked about as well: twice a second is enough for bytes."""

ACK_EVENTS = SAMPLES_PER_S * STREAM_EVERY // SAMPLE_HZ
"""How many ack metrics are taken each time the stream is asked about.

The server cannot report less than 1 % of the acks. At 20 000 msg/s to hear all of those was two
thirds of the sampler's work.
"""

Row = Mapping[str, int | None]


class Sampler:
    """Collects rows of the samples table until it is cancelled."""

    def __init__(self, client: Client, names: Names, pids: Mapping[str, int], seed: int) -> None:
        self._client = client
        self._names = names
        # One that has died is told by who started it; the others are still worth watching.
        found = {role: find_process(pid) for role, pid in pids.items()}
        self._processes = {role: each for role, each in found.items() if each is not None}
        self._random = Random(seed)  # noqa: S311 - sampling instants, not secrets
        self._events_to_come = 0
        self.rows: list[Row] = []
        self.faults: list[str] = []
        self.ack_events: list[AckEvent] = []

    @property
    def lag_msgs(self) -> int:
        """What was last seen; -1 while nothing was."""
        lag = self.rows[-1].get("lag_msgs") if self.rows else None
        return -1 if lag is None else lag

    async def run(self, start_ns: int, alarm: Alarm) -> None:
        """Sample from the trial's start on."""
        period_ns = NS_PER_S // SAMPLE_HZ
        tick = 0
        while True:
            instant = start_ns + tick * period_ns + self._random.randrange(period_ns)
            await alarm.until(instant)
            with_stream = tick % STREAM_EVERY == 0
            if with_stream and not self._events_to_come:
                await self._listen()
            self.rows.append(await self._sample(start_ns, with_stream=with_stream))
            # A server that answers late costs samples; it must not shift the following ones.
            tick = max(tick + 1, (now_ns() - start_ns) // period_ns)

    async def _listen(self) -> None:
        """Hear the next few of the server's own ack times, where the consumer has them sampled."""
        subject = f"{METRIC_SUBJECT}.{self._names.stream}.{self._names.consumer}"
        self._events_to_come = ACK_EVENTS
        subscription = await self._client.subscribe(subject, cb=self._on_ack_event)
        await subscription.unsubscribe(limit=ACK_EVENTS)

    async def _on_ack_event(self, message: Msg) -> None:
        self._events_to_come -= 1
        if (event := read_ack_event(message.data)) is not None:
            self.ack_events.append(event)

    async def _sample(self, start_ns: int, *, with_stream: bool) -> Row:
        row: dict[str, int | None] = {"t_ns": now_ns() - start_ns}
        for role, process in self._processes.items():
            usage = read_usage(process)
            row[f"{role}_cpu_ns"] = usage.cpu_ns if usage else None
            row[f"{role}_rss_bytes"] = usage.rss_bytes if usage else None
            row[f"{role}_wait_ns"] = usage.wait_ns if usage else None
        host = read_host_cpu()
        row["host_idle_ns"] = host.idle_ns
        row["host_steal_ns"], row["host_throttled_ns"] = host.steal_ns, host.throttled_ns
        try:
            asked_ns = now_ns()
            consumer = await consumer_state(self._client, self._names)
            # The gauge was read somewhere between question and answer.
            row["t_ns"] = (asked_ns + now_ns()) // 2 - start_ns
            row["num_pending"] = consumer.num_pending
            row["num_ack_pending"] = consumer.num_ack_pending
            row["lag_msgs"] = consumer.lag_msgs
            row["num_redelivered"] = consumer.num_redelivered
            if with_stream:
                stream = await stream_state(self._client, self._names)
                row["stream_msgs"], row["stream_bytes"] = stream.msgs, stream.size_bytes
        except MeasurementError as error:
            if str(error) not in self.faults:
                self.faults.append(str(error))
        return row
