"""Lines of `nats bench` that publish to or read from a stream."""

from dataclasses import dataclass, field
from typing import Any

from bench.importing.bench_line import Line
from bench.importing.bench_pieces import (
    Side,
    handled,
    publish,
    server,
    sizes,
    stream,
    subjects,
    timing,
    window,
)

BATCH = 500
MAX_ATOMIC = 1000
MAX_PULL = 10_000
MAX_FAST = 65_535

Content = tuple[dict[str, Any], dict[str, Any]]
"""A workload and a base of settings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Writers:
    """Who writes.

    Attributes:
        side: how many, and by which flags.
        settings: of how messages are confirmed.
        window_msgs: that wait for it, of each.
    """

    side: Side
    settings: dict[str, Any] = field(default_factory=dict)
    window_msgs: int = BATCH


@dataclass(frozen=True, slots=True, kw_only=True)
class Readers:
    """Who reads.

    Attributes:
        side: how many, and by which flags.
        settings: of the consumer.
        shared: they share one consumer; else each has its own and sees all.
    """

    side: Side
    settings: dict[str, Any] = field(default_factory=dict)
    shared: bool = True


def streamed(
    line: Line, subject: str, *, writers: Writers, readers: Readers, fast: float
) -> Content:
    """Return a stream that is filled and read."""
    at = timing(line, writers.side, fast)
    several = not readers.shared and readers.side.clients > 1
    handler = handled(line, readers.side.sleep_flag)
    workload = {
        "kind": "fanout" if several else "stream",
        "description": f"What `nats bench {line.said}` does.",
        "subjects": subjects(line, subject),
        "payload": sizes(line),
        "publish": publish(line, writers.side, at, writers.window_msgs),
        **_taking(line, readers, handler, several=several),
        "phases": at.phases,
    }
    how = writers.settings
    kept = {**stream(line), **how.get("stream", {})}
    settings = {**how, "stream": kept, **readers.settings, **server(line)}
    return workload, settings


def _taking(
    line: Line, readers: Readers, handler: dict[str, Any], *, several: bool
) -> dict[str, Any]:
    processes = readers.side.processes(line)
    if several:
        return {"consumers": {f"reader_{number}": dict(handler) for number in range(processes)}}
    return {"consume": {"consumers": processes, **handler}}


def confirmed(line: Line, mode: str, flag: str, usual: int) -> tuple[dict[str, Any], int]:
    """Return how messages are confirmed, and how many wait for it at a time."""
    if mode == "one-by-one":
        return {"publish": {"mode": mode}}, 1
    if mode == "async":
        return {}, window(line, flag, usual)
    batch, most = line.take(flag, usual), MAX_ATOMIC if mode == "atomic" else MAX_FAST
    if batch > most:
        line.lose(flag, f"the server takes up to {most}")
    batch = min(batch, most)
    line.lose("max-outstanding-acks", f"`publish.window` bounds what waits: {max(batch, 256)}")
    permission = "allow_atomic" if mode == "atomic" else "allow_batched"
    how = {"publish": {"mode": mode, "batch": batch}, "stream": {permission: True}}
    if mode == "atomic" and line.flags.pop("persistasync", False):
        line.losses.note("--persistasync", "", "does not go with atomic batches")
    return how, max(batch, 256)


def acknowledged(
    line: Line, *, mode: str, acks: str, batch_flag: str, clients: int
) -> dict[str, Any]:
    """Return a consumer that is acknowledged so."""
    batch = line.take(batch_flag, BATCH)
    if batch > MAX_PULL:
        line.lose(batch_flag, f"up to {MAX_PULL}")
    batch = min(batch, MAX_PULL)
    if acks == "all" and clients > 1:
        line.lose("acks", "an ack of one would cover messages of the others: each is acked")
        acks = "explicit"
    consumer: dict[str, Any] = {"mode": mode, "ack_policy": acks}
    if acks != "none":
        consumer["max_ack_pending"] = batch * clients
    found: dict[str, Any] = {"consumer": consumer, "ack": _acks(line, acks)}
    return found | ({"pull": {"batch": batch}} if mode == "pull" else {})


def _acks(line: Line, acks: str) -> dict[str, Any]:
    timing_of = {"explicit": "after-handler", "all": "cumulative", "none": "none"}
    found: dict[str, Any] = {"timing": timing_of[acks]}
    if line.take("doubleack", False):
        if acks == "none":
            line.lose("doubleack", "nothing is acked")
        else:
            found["double"] = True
    return found


def unacknowledged(line: Line, batch_flag: str, clients: int) -> dict[str, Any]:
    """Return an ordered consumer: nothing is acked, and it is made anew when one is lost.

    That is of one process; of several each has a plain consumer of its own.
    """
    if clients > 1:
        why = "made anew after a gap by each client; here plain ones, and a gap counts as lost"
        line.losses.note("ordered", "", why)
        return acknowledged(line, mode="pull", acks="none", batch_flag=batch_flag, clients=1)
    line.take(batch_flag)
    why = "asks for a batch at a time there; here the server pushes what it is due"
    line.losses.note("ordered", "", why)
    consumer = {"mode": "push", "ack_policy": "none", "ordered": True}
    return {"consumer": consumer, "ack": _acks(line, "none")}
