"""The story of one message in one trial, from what is kept of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from bench.record.messages import DELIVERY_COLUMNS, NEVER, SEND_COLUMNS, Messages


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One time that a message came to a process.

    Attributes:
        part, role: to whom.
        generation: 1 until the process was killed, then one more each time.
        stream_seq: its place in the stream.
        delivery: how often the server had delivered it by then, 1 for the first time.
        received_ns, handled_ns, acked_ns: from the trial's start; None where it did not happen.
        ending: how it ended otherwise than handled and acknowledged; empty where it did not.
    """

    part: str
    role: str
    generation: int
    stream_seq: int
    delivery: int
    received_ns: int | None
    handled_ns: int | None
    acked_ns: int | None
    ending: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A dead letter about a message."""

    stream_seq: int
    attempts: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """All that is kept of one message.

    Attributes:
        flow: the part that drives it.
        message_id: of it in its flow.
        sender: the process that was to send it; empty where none wrote it down.
        intended_ns, sent_ns, stored_ns: from the trial's start; None where it did not happen.
        outcome: what its answer was otherwise than wanted; empty where it was not.
        deliveries: in the order in which they came.
        letters: dead letters about it.
        evicted: parts that it never came to, as a limit of the stream took it before.
    """

    flow: str
    message_id: int
    sender: str
    intended_ns: int
    sent_ns: int | None
    stored_ns: int | None
    outcome: str
    deliveries: tuple[Delivery, ...]
    letters: tuple[Letter, ...]
    evicted: tuple[str, ...] = ()


def stories_of(messages: Messages, message_id: int) -> tuple[Story, ...]:
    """Return the story of a message in each flow that keeps one of this id."""
    return tuple(_stories(messages, message_id))


def most_ids(messages: Messages) -> int:
    """Return how many messages the largest flow has: ids are below that."""
    return max(messages.names.planned.values(), default=0)


def _stories(messages: Messages, message_id: int) -> Iterator[Story]:
    names = messages.names
    rows = messages.sends[:, messages.sends[2] == message_id].T.tolist()
    for row in rows:
        told = dict(zip(SEND_COLUMNS, row, strict=True))
        flow = tuple(names.planned)[told["flow"]]
        deliveries = tuple(_deliveries(messages, flow, message_id))
        yield Story(
            flow=flow,
            message_id=message_id,
            sender=names.places[told["place"]].role if told["place"] >= 0 else "",
            intended_ns=told["intended_ns"],
            sent_ns=_known(told["sent_ns"]),
            stored_ns=_known(told["stored_ns"]),
            outcome=_word(names.outcomes, told["outcome"]),
            deliveries=deliveries,
            letters=_letters(messages, {each.stream_seq for each in deliveries}),
            evicted=tuple(_evicted(messages, flow, message_id)),
        )


def _evicted(messages: Messages, flow: str, message_id: int) -> Iterator[str]:
    """Yield the parts that a message of a flow never came to, as a limit took it."""
    for place in messages.evicted[0, messages.evicted[1] == message_id].tolist():
        who = messages.names.lacking[place]
        if who.flow == flow:
            yield who.part


def _deliveries(messages: Messages, flow: str, message_id: int) -> Iterator[Delivery]:
    rows = messages.deliveries[:, messages.deliveries[2] == message_id]
    for row in rows[:, np.argsort(rows[5], kind="stable")].T.tolist():
        told = dict(zip(DELIVERY_COLUMNS, row, strict=True))
        place = messages.names.places[told["place"]]
        if place.flow == flow:
            yield Delivery(
                part=place.part,
                role=place.role,
                generation=told["generation"],
                stream_seq=told["stream_seq"],
                delivery=told["delivery"],
                received_ns=_known(told["received_ns"]),
                handled_ns=_known(told["handled_ns"]),
                acked_ns=_known(told["acked_ns"]),
                ending=_word(messages.names.endings, told["ending"]),
            )


def _letters(messages: Messages, seqs: set[int]) -> tuple[Letter, ...]:
    rows = messages.letters.T.tolist()
    return tuple(
        Letter(stream_seq=seq, attempts=attempts, reason=messages.names.reasons[reason])
        for seq, attempts, reason in rows
        if seq in seqs
    )


def _known(instant_ns: int) -> int | None:
    return None if instant_ns == NEVER else instant_ns


def _word(words: Mapping[int, str], number: int) -> str:
    """Return the word of a number; itself where a later version wrote one that has none here."""
    return words.get(number, str(number)) if number else ""
