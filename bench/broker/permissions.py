"""What this user may do on a server: found out by dry requests that change nothing."""

import json
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass

import nats.errors

from bench.broker.admin import Names, api
from bench.broker.link import Link

NOWHERE = "nobody"
"""Where the answers of dry requests go."""

COMES_WITHIN_S = 1.0
"""A request to ourselves; the server has answered others before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What trials do besides looking after their stream and consumer.

    Attributes:
        subjects: published to, after the trial's prefix.
        pull, push: how messages are taken.
        acks: they are acknowledged.
        flow_control: a consumer answers to it.
        listens: subjects that plain subscribers hear, after the trial's prefix.
        asks: operations of the JetStream API that processes ask for, `{stream}` in them.
        says: subjects elsewhere that processes publish to, `{stream}`, `{deliver}` and `{prefix}`,
            the trial's without its dot, in them.
        hears: subjects elsewhere that plain subscribers hear, likewise.
        answers: subjects of requests that processes answer, likewise.
    """

    subjects: frozenset[str]
    pull: bool
    push: bool
    acks: bool
    flow_control: bool
    listens: frozenset[str] = frozenset()
    asks: frozenset[str] = frozenset()
    says: frozenset[str] = frozenset()
    hears: frozenset[str] = frozenset()
    answers: frozenset[str] = frozenset()


def all_of(needs: Sequence[Needs]) -> Needs:
    """Return what all of them need together."""
    return Needs(
        subjects=frozenset().union(*(each.subjects for each in needs)),
        pull=any(each.pull for each in needs),
        push=any(each.push for each in needs),
        acks=any(each.acks for each in needs),
        flow_control=any(each.flow_control for each in needs),
        listens=frozenset().union(*(each.listens for each in needs)),
        asks=frozenset().union(*(each.asks for each in needs)),
        says=frozenset().union(*(each.says for each in needs)),
        hears=frozenset().union(*(each.hears for each in needs)),
        answers=frozenset().union(*(each.answers for each in needs)),
    )


async def forbidden(link: Link, names: Names, needs: Needs) -> tuple[str, ...]:
    """Return what the server forbids of a trial's doings, in its words; nothing is made there.

    Args:
        link: of the user whose permissions are asked about.
        names: of a stream that does not exist.
        needs: of the trials.
    """
    said, heard = tuple(_said(link, names, needs)), tuple(_heard(link, names, needs))
    refused = await _refusals(link, said, heard)
    for subject in sorted(needs.answers):
        refused += await _unanswerable(link, _elsewhere(subject, names))
    return tuple(dict.fromkeys(refused))


async def _unanswerable(link: Link, subject: str) -> tuple[str, ...]:
    """Return why a request may not be answered, which may be allowed though its inbox is not.

    So one is asked and answered: `allow_responses` lets reply who was asked, and nobody else.
    """
    reply = f"{link.endpoint.inbox_prefix}.{NOWHERE}.x"
    subscription = await link.subscribe(subject)
    await link.publish(subject, b"", reply=reply)
    with suppress(nats.errors.TimeoutError):  # what may not be asked or heard is told above
        await subscription.next_msg(COMES_WITHIN_S)
        await link.publish(reply, b"")
    await subscription.unsubscribe()
    await api(link, "INFO")
    return link.forbids(reply)


async def unheard(link: Link, subject: str) -> tuple[str, ...]:
    """Return why a subject may not be listened to, in the server's words; empty when it may."""
    return await _refusals(link, (), (subject,))


async def _refusals(link: Link, said: Sequence[str], heard: Sequence[str]) -> tuple[str, ...]:
    reply = f"{link.endpoint.inbox_prefix}.{NOWHERE}"
    for subject in heard:
        subscription = await link.subscribe(subject)
        await subscription.unsubscribe()
    for subject in said:
        await link.publish(subject, json.dumps({}).encode(), reply=reply)
    # The server complains in the order it reads, so before it answers this. nats-py's flush would
    # not do: its PING overtakes what waits to be written.
    await api(link, "INFO")
    return tuple(dict.fromkeys(words for each in (*said, *heard) for words in link.forbids(each)))


def _said(link: Link, names: Names, needs: Needs) -> Iterable[str]:
    api, stream = link.endpoint.js_api, names.stream
    consumer = f"{stream}.{names.consumer}"
    yield f"{api}.STREAM.NAMES"
    for operation in ("INFO", "CREATE", "DELETE"):
        yield f"{api}.STREAM.{operation}.{stream}"
    for operation in ("INFO", "CREATE"):
        yield f"{api}.CONSUMER.{operation}.{consumer}"
    if needs.pull:
        yield f"{api}.CONSUMER.MSG.NEXT.{consumer}"
    if needs.acks:
        yield f"$JS.ACK.{consumer}.1.1.1.1.0"
    for operation in sorted(needs.asks):
        yield f"{api}.{operation.format(stream=stream)}"
    if needs.flow_control:
        yield f"$JS.FC.{consumer}.x"
    for subject in sorted(needs.subjects):
        yield names.subject_prefix + subject
    for subject in sorted(needs.says):
        yield _elsewhere(subject, names)


def _heard(link: Link, names: Names, needs: Needs) -> Iterable[str]:
    yield f"{link.endpoint.inbox_prefix}.{names.consumer}.*"
    if needs.push:
        yield names.deliver_subject
    for subject in sorted(needs.listens):
        yield names.subject_prefix + subject
    for subject in sorted(needs.hears):
        yield _elsewhere(subject, names)


def _elsewhere(subject: str, names: Names) -> str:
    prefix = names.subject_prefix.removesuffix(".")
    return subject.format(stream=names.stream, deliver=names.deliver_subject, prefix=prefix)
