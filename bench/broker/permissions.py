"""What this user may do on a server: found out by dry requests that change nothing."""

import json
from collections.abc import Iterable
from dataclasses import dataclass

from bench.broker.admin import Names, api
from bench.broker.link import Link

NOWHERE = "nobody"
"""Where the answers of dry requests go."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What trials do besides looking after their stream and consumer.

    Attributes:
        subjects: published to, after the trial's prefix.
        pull, push: how messages are taken.
        acks: they are acknowledged.
    """

    subjects: frozenset[str]
    pull: bool
    push: bool
    acks: bool


async def forbidden(link: Link, names: Names, needs: Needs) -> tuple[str, ...]:
    """Return what the server forbids of a trial's doings, in its words; nothing is made there.

    Args:
        link: of the user whose permissions are asked about.
        names: of a stream that does not exist.
        needs: of the trials.
    """
    reply = f"{link.endpoint.inbox_prefix}.{NOWHERE}"
    for subject in _heard(link, names, needs):
        subscription = await link.subscribe(subject)
        await subscription.unsubscribe()
    for subject in _said(link, names, needs):
        await link.publish(subject, json.dumps({}).encode(), reply=reply)
    # The server complains in the order it reads, so before it answers this. nats-py's flush would
    # not do: its PING overtakes what waits to be written.
    await api(link, "INFO")
    asked = [*_said(link, names, needs), *_heard(link, names, needs)]
    return tuple(dict.fromkeys(words for subject in asked for words in link.forbids(subject)))


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
    for subject in sorted(needs.subjects):
        yield names.subject_prefix + subject


def _heard(link: Link, names: Names, needs: Needs) -> Iterable[str]:
    yield f"{link.endpoint.inbox_prefix}.{names.consumer}.*"
    if needs.push:
        yield names.deliver_subject
