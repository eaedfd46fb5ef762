"""What the server says of a trial's stream and consumer."""

from dataclasses import dataclass

from nats.aio.client import Client

from bench.broker.admin import Names, api


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsumerState:
    """Gauges of CONSUMER.INFO; lag is the sum of the first two (MEASUREMENT.md R14)."""

    num_pending: int
    num_ack_pending: int
    num_redelivered: int

    @property
    def lag_msgs(self) -> int:
        """Messages stored and not yet done with."""
        return self.num_pending + self.num_ack_pending


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamState:
    """Gauges of STREAM.INFO. Bytes are before compression.

    Attributes:
        msgs: in the stream now.
        last_seq: how many were ever stored in it.
        size_bytes: of those in it now.
    """

    msgs: int
    last_seq: int
    size_bytes: int


async def consumer_state(client: Client, names: Names) -> ConsumerState:
    """Ask for the consumer's gauges; costs the server about 0.2 ms of CPU."""
    info = await api(client, f"CONSUMER.INFO.{names.stream}.{names.consumer}")
    return ConsumerState(
        num_pending=info["num_pending"],
        num_ack_pending=info["num_ack_pending"],
        num_redelivered=info["num_redelivered"],
    )


async def stream_state(client: Client, names: Names) -> StreamState:
    """Ask for the stream's gauges; costs the server about 0.2 ms of CPU."""
    state = (await api(client, f"STREAM.INFO.{names.stream}"))["state"]
    return StreamState(
        msgs=state["messages"], last_seq=state["last_seq"], size_bytes=state["bytes"]
    )
