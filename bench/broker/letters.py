"""Dead letters: what was given up of a stream, in a stream of its own beside it.

A letter holds what the stream holds of the message, payload and headers, and says in headers of its
own where that stood, how often it was delivered and why it was given up. Its Nats-Msg-Id is that
place, so that one that is posted again is stored once.
"""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import nats.errors
from nats.aio.client import Client

from bench.broker import admin
from bench.broker.admin import Names
from bench.broker.latest import headers
from bench.core.errors import MeasurementError
from bench.spec.variant import Settings, StreamSettings

SUBJECT, SEQUENCE, ATTEMPTS, REASON = (
    f"Dead-Letter-{what}" for what in ("Subject", "Sequence", "Attempts", "Reason")
)
MESSAGE_ID = "Nats-Msg-Id"

_TO_THE_SERVER = "nats-"
"""Begins headers by which a message asks the server for something: a letter asks for nothing."""

ANSWER_WITHIN_S = 2.0


class Reason(StrEnum):
    """Why a message was given up."""

    TERMINATED = "terminated"  # by the first handler that failed
    ATTEMPTS = "attempts"  # by the consumer: as many as it makes had failed
    MAX_DELIVER = "max_deliver"  # by the server: delivered as often as it may be


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What is said of a message that was given up.

    Attributes:
        seq: of it in its stream.
        attempts: how often it was delivered by then.
        reason: why it was given up; a word of `Reason`.
    """

    seq: int
    attempts: int
    reason: str


def letter_names(names: Names) -> Names:
    """Return the names of the stream that keeps the dead letters of a trial's."""
    prefix = names.subject_prefix.removesuffix(".")
    return replace(names, stream=f"{names.stream}_dead", subject_prefix=f"{prefix}-dead.")


async def make_letters(client: Client, settings: Settings, names: Names) -> None:
    """Create the stream of dead letters beside a trial's, kept as that is; raises as that does."""
    kept = StreamSettings(
        storage=settings.stream.storage, num_replicas=settings.stream.num_replicas
    )
    await admin.make_stream(client, kept, letter_names(names))


async def post(client: Client, names: Names, letter: Letter) -> None:
    """Post a letter, and return when it is stored, now or before.

    Args:
        client: a connection.
        names: of the stream that holds the message.
        letter: what is said of it.

    Raises:
        MeasurementError: the message is gone, or its letter is not known to be stored.
    """
    place = {"seq": letter.seq}
    stored = (await admin.api(client, f"STREAM.MSG.GET.{names.stream}", place))["message"]
    subject = stored["subject"].removeprefix(names.subject_prefix)
    to = letter_names(names).subject_prefix + subject
    said = {
        **_carried(base64.b64decode(stored.get("hdrs", ""))),
        SUBJECT: subject,
        SEQUENCE: str(letter.seq),
        ATTEMPTS: str(letter.attempts),
        REASON: letter.reason,
        MESSAGE_ID: f"{names.stream}-{letter.seq}",
    }
    await _publish(client, to, base64.b64decode(stored.get("data", "")), said)


async def _publish(client: Client, to: str, payload: bytes, said: dict[str, str]) -> None:
    try:
        answer = await client.request(to, payload, timeout=ANSWER_WITHIN_S, headers=said)
    except (OSError, TimeoutError, nats.errors.Error) as error:
        raise MeasurementError(f"no PubAck: {error or 'none in time'}") from error
    told: dict[str, Any] = json.loads(answer.data)
    if "error" in told:
        raise MeasurementError(f"refused: {told['error'].get('description')}")


def _carried(head: bytes) -> dict[str, str]:
    """Return the headers of a message as its letter carries them along."""
    lines = head.decode(errors="replace").split("\r\n")[1:]
    pairs = (line.partition(":") for line in lines if ":" in line)
    return {_renamed(name): value.strip() for name, _, value in pairs}


def _renamed(name: str) -> str:
    return f"Dead-Letter-{name}" if name.lower().startswith(_TO_THE_SERVER) else name


async def posted(client: Client, names: Names) -> Sequence[Letter]:
    """Return the dead letters of a trial's stream, in the order they were stored.

    Raises:
        MeasurementError: the server did not tell, or not all of them.
    """
    own = letter_names(names)
    return [_read(each) for each in await headers(client, own.stream, own.subject_prefix)]


def _read(said: Mapping[str, str]) -> Letter:
    try:
        return Letter(seq=int(said[SEQUENCE]), attempts=int(said[ATTEMPTS]), reason=said[REASON])
    except (KeyError, ValueError) as error:
        raise MeasurementError(f"a dead letter that is none of ours: {dict(said)}") from error
