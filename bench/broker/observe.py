"""What the server says of a trial's stream and consumer."""

from dataclasses import dataclass

from nats.aio.client import Client

from bench.broker.admin import API_TIMEOUT_S, Names, api

MOST_DELETED = 10_000
"""Of more messages deleted amid a stream the server is not asked to tell which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsumerState:
    """Gauges of CONSUMER.INFO; lag is the sum of the first two (MEASUREMENT.md R14).

    Attributes:
        num_pending: not delivered yet.
        num_ack_pending: delivered, and waiting for an ack.
        num_redelivered: of those, delivered more than once.
        delivered_msgs: deliveries that ever left the server for it, repeats included.
        num_waiting: pull requests that wait for messages; 0 of a push consumer.
        delivered_seq: highest stream sequence of them.
        ack_floor_seq: up to this stream sequence all are acknowledged.
    """

    num_pending: int
    num_ack_pending: int
    num_redelivered: int
    delivered_msgs: int
    num_waiting: int = 0
    delivered_seq: int = 0
    ack_floor_seq: int = 0

    @property
    def lag_msgs(self) -> int:
        """Messages stored and not yet done with."""
        return self.num_pending + self.num_ack_pending


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamState:
    """Gauges of STREAM.INFO. Bytes are before compression.

    Attributes:
        msgs: in the stream now.
        first_seq: of the oldest of them; one above `last_seq` when there is none.
        last_seq: how many were ever stored in it.
        size_bytes: of those in it now.
        num_deleted: between the first and the last, how many are gone.
        subjects: of those in it now.
        consumers: of it.
        storage: `file` or `memory`; empty where a server does not say.
    """

    msgs: int
    first_seq: int
    last_seq: int
    size_bytes: int
    num_deleted: int
    subjects: int = 0
    consumers: int = 0
    storage: str = ""


async def consumer_state(
    client: Client, names: Names, *, timeout_s: float = API_TIMEOUT_S
) -> ConsumerState:
    """Ask for the consumer's gauges; costs the server about 0.2 ms of CPU."""
    operation = f"CONSUMER.INFO.{names.stream}.{names.consumer}"
    info = await api(client, operation, timeout_s=timeout_s)
    return ConsumerState(
        num_pending=info["num_pending"],
        num_ack_pending=info["num_ack_pending"],
        num_redelivered=info["num_redelivered"],
        delivered_msgs=info["delivered"]["consumer_seq"],
        num_waiting=info.get("num_waiting", 0),
        delivered_seq=info["delivered"]["stream_seq"],
        ack_floor_seq=info["ack_floor"]["stream_seq"],
    )


async def stream_state(
    client: Client, names: Names, *, timeout_s: float = API_TIMEOUT_S
) -> StreamState:
    """Ask for the stream's gauges; costs the server about 0.2 ms of CPU."""
    told = await api(client, f"STREAM.INFO.{names.stream}", timeout_s=timeout_s)
    state = told["state"]
    return StreamState(
        msgs=state["messages"],
        first_seq=state["first_seq"],
        last_seq=state["last_seq"],
        size_bytes=state["bytes"],
        num_deleted=state.get("num_deleted", 0),
        subjects=state.get("num_subjects", 0),
        consumers=state.get("consumer_count", 0),
        storage=told["config"].get("storage", ""),
    )


async def deleted_seqs(client: Client, names: Names, state: StreamState) -> tuple[int, ...] | None:
    """Return which messages are gone between first and last; None when they are too many."""
    if not state.num_deleted:
        return ()
    if state.num_deleted > MOST_DELETED:
        return None
    answer = await api(client, f"STREAM.INFO.{names.stream}", {"deleted_details": True})
    return tuple(answer["state"].get("deleted") or ())
