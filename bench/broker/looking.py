"""Looks at a live consumer without changing anything: STREAM.INFO and CONSUMER.INFO alone."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from bench.broker.admin import ApiError, api
from bench.broker.link import Link
from bench.core.errors import MeasurementError, UsageError
from bench.core.words import nearest
from bench.record.looks import Look

EVERY_S = 0.25
"""Between two looks: two questions each, which no server notices."""

_STREAM_NOT_FOUND = 10059
_CONSUMER_NOT_FOUND = 10014


async def looks(link: Link, stream: str, consumer: str, span_s: float) -> AsyncIterator[Look]:
    """Yield looks at a consumer, one at once and the last after this time.

    Raises:
        UsageError: there is no such stream or consumer; the nearest name is in the text.
        MeasurementError: the server does not answer, or refuses.
    """
    begin_s = time.monotonic()
    while True:
        yield await _look(link, stream, consumer)
        left_s = begin_s + span_s - time.monotonic()
        if left_s <= 0:
            return
        await asyncio.sleep(min(EVERY_S, left_s))


async def _look(link: Link, stream: str, consumer: str) -> Look:
    try:
        of_stream = await api(link, f"STREAM.INFO.{stream}")
        of_consumer = await api(link, f"CONSUMER.INFO.{stream}.{consumer}")
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


async def _names(link: Link, operation: str, key: str) -> list[str]:
    """Return all names of a kind; none where they may not be asked for."""
    names: list[str] = []
    with suppress(MeasurementError):
        while True:
            page = await api(link, operation, {"offset": len(names)})
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
        push=bool(config.get("deliver_subject")),
        bound=bool(consumer.get("push_bound")),
        paused=bool(consumer.get("paused")),
        acks=acks,
        ack_wait_ns=config.get("ack_wait", 0) if acks else 0,
        max_ack_pending=_limit(config.get("max_ack_pending")) if acks else None,
        max_waiting=config.get("max_waiting", 0),
        filtered=bool(config.get("filter_subject") or config.get("filter_subjects")),
        pending_msgs=consumer["num_pending"],
        unacked_msgs=consumer["num_ack_pending"],
        redelivered_msgs=consumer["num_redelivered"],
        waiting=consumer.get("num_waiting", 0),
        deliveries=delivered["consumer_seq"],
        delivered_seq=delivered["stream_seq"],
        floor_seq=floor["stream_seq"],
        acked_ago_s=_ago_s(consumer.get("ts"), floor.get("last_active")),
        retention=kept.get("retention", "limits"),
        discard=kept.get("discard", "old"),
        max_msgs=_limit(kept.get("max_msgs")),
        max_bytes=_limit(kept.get("max_bytes")),
        max_age_ns=_limit(kept.get("max_age")),
        stored_msgs=state["messages"],
        stored_bytes=state["bytes"],
        first_seq=state["first_seq"],
        last_seq=state["last_seq"],
    )


def _limit(value: int | None) -> int | None:
    """Return a limit of the server's; it writes none as -1 or 0."""
    return value if value is not None and value > 0 else None


def _ago_s(now: str | None, then: str | None) -> float | None:
    if not now or not then:
        return None
    return (datetime.fromisoformat(now) - datetime.fromisoformat(then)).total_seconds()
