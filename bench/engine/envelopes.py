"""What a handler looks at of an envelope: its fields, their types, and whether it can read it."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from bench.clients.port import Content
from bench.plan.payload import SCHEMA_VERSION

VERSIONS = frozenset({SCHEMA_VERSION})
"""Those that can be read."""

MALFORMED, UNKNOWN_VERSION = "malformed", "unknown-version"


class EventEnvelope(BaseModel):
    """An event as services send it; the names of its fields are those in a message."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    eventType: Literal["jetbench.event"]  # noqa: N815 - as in a message
    schemaVersion: int  # noqa: N815
    producerId: str  # noqa: N815
    correlationId: str  # noqa: N815
    eventTime: datetime  # noqa: N815
    id: str
    payload: str


def check_envelope(content: Content) -> str:
    """Return what is wrong with the envelope of a message; empty where it is a good one."""
    try:
        envelope = EventEnvelope.model_validate_json(content.data)
    except ValidationError:
        return MALFORMED
    return "" if envelope.schemaVersion in VERSIONS else UNKNOWN_VERSION
