"""The form that `nats bench` had until 2024: a subject, and flags for what is done with it."""

from typing import Any

from bench.core.errors import SpecError
from bench.importing.bench_buckets import bucket
from bench.importing.bench_line import Line, wrong
from bench.importing.bench_pieces import Side
from bench.importing.bench_requests import asked
from bench.importing.bench_streams import (
    Content,
    Readers,
    Writers,
    acknowledged,
    confirmed,
    streamed,
    unacknowledged,
)

BATCH = 100
"""Of a publisher that waits for confirmations, and of a consumer, without a word."""

_TELLING = ("js", "kv", "request", "reply", "pub", "sub")


def is_older(line: Line) -> bool:
    """Say whether a line is of this form."""
    return any(name in line.flags for name in _TELLING)


def made(line: Line, subject: str, fast_msgs_per_s: float) -> Content:
    """Return what a line of this form is in our words; SpecError where nobody takes part."""
    pubs, subs = line.take("pub", 0), line.take("sub", 0)
    if not pubs and not subs:
        allowed = "--pub 1, --sub 1, or both"
        raise SpecError(
            [wrong("nobody publishes and nobody subscribes", key="--pub", allowed=allowed)]
        )
    writers = Side(clients=max(pubs, 1), clients_flag="pub", sleep_flag="pubsleep")
    readers = Side(clients=max(subs, 1), clients_flag="sub", sleep_flag="subsleep")
    if line.take("kv", False):
        puts, gets = (writers if pubs else None), (readers if subs else None)
        return bucket(line, puts=puts, gets=gets, fast=fast_msgs_per_s)
    if line.take("request", False) or line.take("reply", False):
        return asked(line, subject, asks=writers, answers=readers, fast=fast_msgs_per_s)
    _note_absent(line, pubs, subs)
    return _stream(line, subject, writers, readers, fast_msgs_per_s)


def _note_absent(line: Line, pubs: int, subs: int) -> None:
    if not pubs:
        why = "what is stored already is read there; here a publisher offers it meanwhile"
        line.losses.note("publisher", "", why)
    if not subs:
        why = "nothing is consumed there; here a consumer takes what is stored"
        line.losses.note("consumer", "", why)


def _stream(line: Line, subject: str, writers: Side, readers: Side, fast: float) -> Content:
    stored = line.take("js", False)
    if not stored:
        why = "core messages are kept by nobody; here a stream stores them, in memory"
        line.losses.note("storage", "", why)
        line.flags.setdefault("storage", "memory")
    alone = line.take("syncpub", False) or line.flags.get("pubbatch") == 1
    how, window_msgs = confirmed(line, "one-by-one" if alone else "async", "pubbatch", BATCH)
    settings, shared = _consumer(line, readers.clients, stored=stored)
    return streamed(
        line,
        subject,
        writers=Writers(side=writers, settings=how, window_msgs=window_msgs),
        readers=Readers(side=readers, settings=settings, shared=shared),
        fast=fast,
    )


def _consumer(line: Line, clients: int, *, stored: bool) -> tuple[dict[str, Any], bool]:
    """Return the consumer, and whether all share it."""
    pull, push = line.take("pull", False), line.take("push", False)
    batch_flag = "pullbatch" if "pullbatch" in line.flags else "consumerbatch"
    line.flags.setdefault(batch_flag, BATCH)
    if not stored or not (pull or push):
        line.lose("ack", "nothing is acked")
        return _unacked(line, batch_flag, clients, stored=stored), False
    acks = "explicit" if line.take("ack", True) else "none"
    mode = "push" if push else "pull"
    found = acknowledged(line, mode=mode, acks=acks, batch_flag=batch_flag, clients=clients)
    return found, True


def _unacked(line: Line, batch_flag: str, clients: int, *, stored: bool) -> dict[str, Any]:
    if stored:
        return unacknowledged(line, batch_flag, clients)
    line.take(batch_flag)
    return {"consumer": {"mode": "push", "ack_policy": "none"}, "ack": {"timing": "none"}}
