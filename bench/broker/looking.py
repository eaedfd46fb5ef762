"""Looks at a live consumer: it is asked about, at most one message is read, nothing changed."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from bench.broker.admin import ApiError, Json, api, js_api_of
from bench.broker.link import Link
from bench.core.errors import MeasurementError, ServerUnavailableError, UsageError
from bench.core.units import NS_PER_S
from bench.core.words import nearest
from bench.record.looks import Look, Origin, Peer, Stock

EVERY_S = 0.25
"""Between two looks: two questions each, which no server notices."""

HEARS_S = 0.05
"""So often it is looked whether a question was forbidden: nobody else would answer it."""

MOST_PEERS = 256
"""Consumers that a server lists in one answer; of more it would have to work for us."""

_NEVER_ACTIVE = -1
_STREAM_NOT_FOUND = 10059
_CONSUMER_NOT_FOUND = 10014


async def looks(link: Link, stream: str, consumer: str, span_s: float) -> AsyncIterator[Look]:
    """Yield looks at a consumer, two at least: one at once and the last after this time.

    Raises:
        UsageError: there is no such stream or consumer; the nearest name is in the text.
        MeasurementError: the server does not answer, or refuses; or the consumer is removed, or
            made anew, while it is watched.
    """
    begin_s = time.monotonic()
    first = await _look(link, stream, consumer)
    yield first
    over = False
    while not over:
        left_s = begin_s + span_s - time.monotonic()
        await asyncio.sleep(max(0.0, min(EVERY_S, left_s)))
        yield await _next(link, stream, consumer, first)
        over = time.monotonic() >= begin_s + span_s


async def _next(link: Link, stream: str, consumer: str, first: Look) -> Look:
    try:
        found = await _look(link, stream, consumer)
    except UsageError as error:
        raise MeasurementError(f"{error}; it was there when the watch began") from None
    if found.created != first.created:
        raise MeasurementError(f"{consumer} of {stream} was made anew while it was watched")
    return found


async def _look(link: Link, stream: str, consumer: str) -> Look:
    try:
        of_stream = await _ask(link, f"STREAM.INFO.{stream}")
        of_consumer = await _ask(link, f"CONSUMER.INFO.{stream}.{consumer}")
    except ApiError as error:
        if error.err_code == _STREAM_NOT_FOUND:
            names = await _names(link, "STREAM.NAMES", "streams")
            raise UsageError(_none(f"there is no stream {stream} here", stream, names)) from None
        if error.err_code == _CONSUMER_NOT_FOUND:
            names = await _names(link, f"CONSUMER.NAMES.{stream}", "consumers")
            what = f"stream {stream} has no consumer {consumer}"
            raise UsageError(_none(what, consumer, names)) from None
        raise
    return look_of(of_stream, of_consumer, time.monotonic())


async def _ask(link: Link, operation: str, body: Mapping[str, Any] | None = None) -> Json:
    """Return an answer of the server's; raises as `api` does, and at once what is forbidden."""
    asking = asyncio.ensure_future(api(link, operation, body))
    try:
        while not (await asyncio.wait({asking}, timeout=HEARS_S))[0]:
            if forbidden := link.forbidden(f"{js_api_of(link)}.{operation}"):
                raise MeasurementError(f"{operation}: {forbidden}")
        return await asking
    finally:
        asking.cancel()


async def _names(link: Link, operation: str, key: str) -> list[str]:
    """Return all names of a kind; none where they may not be asked for."""
    names: list[str] = []
    with suppress(MeasurementError):
        while True:
            page = await _ask(link, operation, {"offset": len(names)})
            found = page.get(key) or []
            names += found
            if not found or len(names) >= page["total"]:
                break
    return names


def _none(what: str, word: str, names: list[str]) -> str:
    if near := nearest(word, names):
        return f"{what}; did you mean '{near}'?"
    few = ", ".join(sorted(names)[:10])
    return f"{what}; allowed: {few}{', …' if len(names) > 10 else ''}" if names else what


def look_of(stream: Mapping[str, Any], consumer: Mapping[str, Any], at_s: float) -> Look:
    """Return what two answers of the server say, taken at this instant of ours."""
    kept, state = stream["config"], stream["state"]
    config, delivered, floor = consumer["config"], consumer["delivered"], consumer["ack_floor"]
    acks = config.get("ack_policy", "none") != "none"
    return Look(
        at_s=at_s,
        server_at=str(consumer.get("ts", "")),
        created=str(consumer.get("created", "")),
        push=bool(config.get("deliver_subject")),
        bound=bool(consumer.get("push_bound")),
        paused=bool(consumer.get("paused")),
        acks=acks,
        flow_acks=config.get("ack_policy") == "flow_control",
        ack_wait_ns=config.get("ack_wait", 0) if acks else 0,
        backoff_ns=max(config.get("backoff") or (0,)) if acks else 0,
        max_deliver=_limit(config.get("max_deliver")),
        max_ack_pending=_limit(config.get("max_ack_pending")) if acks else None,
        max_waiting=config.get("max_waiting", 0),
        filtered=bool(config.get("filter_subject") or config.get("filter_subjects")),
        thinned=_limit(kept.get("max_msgs_per_subject")) is not None
        or config.get("deliver_policy") == "last_per_subject",
        pending_msgs=consumer["num_pending"],
        unacked_msgs=consumer["num_ack_pending"],
        redelivered_msgs=consumer["num_redelivered"],
        waiting=consumer.get("num_waiting", 0),
        deliveries=delivered["consumer_seq"],
        delivered_seq=delivered["stream_seq"],
        floor_seq=floor["stream_seq"],
        delivered_ago_s=_ago_s(consumer.get("ts"), delivered.get("last_active")),
        retention=kept.get("retention", "limits"),
        discard=kept.get("discard", "old"),
        max_msgs=_limit(kept.get("max_msgs")),
        max_bytes=_limit(kept.get("max_bytes")),
        max_age_ns=_limit(kept.get("max_age")),
        stored_msgs=state["messages"],
        stored_bytes=state["bytes"],
        first_seq=state["first_seq"],
        last_seq=state["last_seq"],
        origins=tuple(map(_origin, _copied(stream))),
    )


def _copied(stream: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    mirror = stream.get("mirror")
    return [mirror] if mirror else stream.get("sources") or []


def _origin(told: Mapping[str, Any]) -> Origin:
    active_ns = told.get("active", _NEVER_ACTIVE)
    return Origin(
        name=told["name"],
        lag_msgs=told.get("lag", 0),
        silent_s=None if active_ns == _NEVER_ACTIVE else active_ns / NS_PER_S,
        fault=(told.get("error") or {}).get("description", ""),
    )


async def stock_of(link: Link, stream: str) -> Stock | None:
    """Return what a stream holds for whom; None where we may not ask, or it has too many consumers.

    It is asked for before and after them: what is there both times was there all the while. In
    between all servers have the time to store for them what it had, and to remove what is done.
    """
    with suppress(MeasurementError, ServerUnavailableError):
        before = await _ask(link, f"STREAM.INFO.{stream}")
        if before["state"]["consumer_count"] > MOST_PEERS:
            return None
        await asyncio.sleep(EVERY_S)
        page = await _ask(link, f"CONSUMER.LIST.{stream}", {"offset": 0})
        await asyncio.sleep(EVERY_S)
        after = await _ask(link, f"STREAM.INFO.{stream}")
        return stock_in(before, page["consumers"], after)
    return None


def stock_in(
    before: Mapping[str, Any], consumers: Sequence[Mapping[str, Any]], after: Mapping[str, Any]
) -> Stock:
    """Return what the server's answers say of a stream and all its consumers."""
    kept, came = after["config"], after["state"]["last_seq"] - before["state"]["last_seq"]
    own = not any(kept.get(other) for other in ("mirror", "sources", "subject_transform"))
    return Stock(
        subjects=tuple(kept.get("subjects") or ()) if own else (),
        stored_msgs=after["state"]["messages"] - came,
        peers=tuple(map(_peer, consumers)),
    )


def _peer(told: Mapping[str, Any]) -> Peer:
    config = told["config"]
    one = config.get("filter_subject")
    return Peer(
        name=told["name"],
        filters=(one,) if one else tuple(config.get("filter_subjects") or ()),
        lag_msgs=told["num_pending"] + told["num_ack_pending"],
    )


async def stored_ago_s(link: Link, stream: str, look: Look) -> float | None:
    """Return how long before a look the first message after its ack floor was stored.

    By the server's clock; None where we may not read a message of the stream, or there is none.
    """
    wanted = {"seq": look.floor_seq + 1, "next_by_subj": ">"}
    with suppress(MeasurementError, ServerUnavailableError):
        got = await _ask(link, f"STREAM.MSG.GET.{stream}", wanted)
        return _ago_s(look.server_at, got["message"]["time"])
    return None


def _limit(value: int | None) -> int | None:
    """Return a limit of the server's; it writes none as -1 or 0."""
    return value if value is not None and value > 0 else None


def _ago_s(now: str | None, then: str | None) -> float | None:
    if not now or not then:
        return None
    return (datetime.fromisoformat(now) - datetime.fromisoformat(then)).total_seconds()
