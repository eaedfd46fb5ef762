"""Giving a stream a past: messages, gaps between them, and consumers that are left in the middle.

What is deleted is deleted as a user would: published to subjects of its own, dealt among the
others, and purged by these subjects in one request. That leaves gaps of single messages all over
the stream, none at its ends.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import replace

import nats.errors
from nats.aio.client import Client

from bench.broker import admin
from bench.broker.admin import Json, Names, api
from bench.broker.observe import StreamState, consumer_state, stream_state
from bench.broker.preload import preload
from bench.core.errors import MeasurementError
from bench.core.units import NS_PER_S
from bench.spec.aged import Aged
from bench.spec.variant import StreamSettings

SEED = 1
"""Which messages are deleted is the same wherever the same is asked for."""

IN_THE_AIR = 100
"""Messages that each other consumer has taken; it has acknowledged every second of them."""

PURGE_TIMEOUT_S = 300.0
_TAKE_TIMEOUT_S = 10.0
_ACK_WAIT_NS = 24 * 3600 * NS_PER_S
_NOISE_BYTES = 1 << 16


def goes(history: Aged) -> bytearray:
    """Return which messages are to be deleted: 1 for those, shape (messages,); never an end."""
    flags = bytearray(history.messages)
    inner = range(1, history.messages - 1)
    for index in random.Random(SEED).sample(inner, history.gone_msgs):  # noqa: S311 - no secret
        flags[index] = 1
    return flags


def messages(history: Aged, prefix: str) -> Iterator[tuple[str, bytes]]:
    """Yield subject and payload of each message, in order; message n gets sequence n."""
    noise = random.Random(SEED).randbytes(_NOISE_BYTES + history.size_bytes)  # noqa: S311
    counts = [0, 0]
    for index, gone in enumerate(goes(history)):
        number = counts[gone] % history.subjects
        counts[gone] += 1
        begin = index * 97 % _NOISE_BYTES
        subject = f"{prefix}{_GONE if gone else _KEPT}.{number}"
        yield subject, noise[begin : begin + history.size_bytes]


_KEPT, _GONE = "_past.kept", "_past.gone"
"""What subjects of the past begin with, below the trial's prefix."""


async def age(
    client: Client,
    settings: StreamSettings,
    names: Names,
    told: Callable[[int], None] = lambda _: None,
) -> None:
    """Make a stream with the past that its settings ask for.

    Args:
        client: the conductor's connection.
        settings: of the stream.
        names: of the stream.
        told: hears how many messages were laid so far.

    Raises:
        ApiError: the server refused a setting.
        MeasurementError: it could not be laid, or the stream does not hold just that.
    """
    history = past_of(settings)
    await admin.make_stream(client, settings, names)
    await preload(client, _counted(messages(history, names.subject_prefix), told))
    if history.gone_msgs:
        body = {"filter": f"{names.subject_prefix}{_GONE}.>"}
        purge = f"STREAM.PURGE.{names.stream}"
        await api(client, purge, body, timeout_s=PURGE_TIMEOUT_S)
    for number in range(history.consumers):
        await _leave(client, _other(names, number), min(IN_THE_AIR, history.kept_msgs))
    await require_aged(client, names, history)


def past_of(settings: StreamSettings) -> Aged:
    """Return the past that a stream is to have; TypeError where it is to have none."""
    if settings.history is None:
        raise TypeError("a stream without a past is not aged")
    return settings.history


def _counted(
    values: Iterator[tuple[str, bytes]], told: Callable[[int], None]
) -> Iterator[tuple[str, bytes]]:
    for number, value in enumerate(values):
        if number % 10_000 == 0:
            told(number)
        yield value


def _other(names: Names, number: int) -> Names:
    return replace(names, consumer=f"other-{number}")


def other_body(names: Names) -> Json:
    """Return the config of a consumer that is left in the middle of the past.

    It waits long enough for acks that the server has nothing to do for it in a trial.
    """
    return {
        "durable_name": names.consumer,
        "name": names.consumer,
        "deliver_policy": "all",
        "replay_policy": "instant",
        "ack_policy": "explicit",
        "ack_wait": _ACK_WAIT_NS,
        "max_ack_pending": 2 * IN_THE_AIR,
    }


async def _leave(client: Client, names: Names, taken: int) -> None:
    """Make a consumer, take so many messages, acknowledge every second one, and leave it so."""
    await admin.make_consumer(client, names, other_body(names))
    inbox = client.new_inbox()
    try:
        subscription = await client.subscribe(inbox)
        next_ = f"{admin.js_api_of(client)}.CONSUMER.MSG.NEXT.{names.stream}.{names.consumer}"
        await client.publish(next_, f'{{"batch":{taken},"no_wait":true}}'.encode(), reply=inbox)
        for number in range(taken):
            message = await subscription.next_msg(timeout=_TAKE_TIMEOUT_S)
            if number % 2:
                await client.request(message.reply, b"+ACK", timeout=_TAKE_TIMEOUT_S)
        await subscription.unsubscribe()
    except (OSError, TimeoutError, nats.errors.Error) as error:
        raise MeasurementError(f"consumer {names.consumer} could not be left: {error}") from error


def wrong_in(state: StreamState, history: Aged) -> str:
    """Return what a stream does not have of its past, or has besides; empty where it is all."""
    is_ = (state.first_seq, state.last_seq, state.msgs, state.subjects, state.consumers)
    history_ = (1, history.messages, history.kept_msgs, history.subjects, history.consumers)
    if is_ == history_:
        return ""
    return (
        f"the stream holds {state.msgs} messages of {state.subjects} subjects, sequences "
        f"{state.first_seq} to {state.last_seq}, for {state.consumers} consumers, where "
        f"{history.told()} were to be laid: a limit of it, or of the store"
    )


async def require_aged(client: Client, names: Names, history: Aged) -> None:
    """Look whether a stream has its past and nothing else; MeasurementError where it has not."""
    if wrong := wrong_in(await stream_state(client, names), history):
        raise MeasurementError(wrong)
    taken = min(IN_THE_AIR, history.kept_msgs)
    for number in range(history.consumers):
        state = await consumer_state(client, _other(names, number))
        if (state.delivered_msgs, state.num_ack_pending) != (taken, taken - taken // 2):
            raise MeasurementError(f"consumer other-{number} of the past lost what it held")
