"""What stands in a message: a template for each size, in which only the id changes."""

import json
from dataclasses import dataclass

import numpy as np

from bench.spec.payloads import MIN_BYTES, NONCE_BYTES
from bench.spec.workload import MIN_PAYLOAD_BYTES, Payload

ID_DIGITS = MIN_PAYLOAD_BYTES
"""A message carries its id as this many ASCII digits; the id is its index in the traffic."""

EVENT_TYPE = "jetbench.event"
SCHEMA_VERSION = 1
"""What an event envelope says of itself."""

_ID_PLACE = "0" * ID_DIGITS
_LETTERS = np.frombuffer(
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", dtype=np.uint8
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PayloadTemplate:
    """A payload of one size with a fixed place for the id.

    Attributes:
        content: whole payload; the ID_DIGITS bytes at `id_offset` are replaced by the id.
        id_offset: where the id stands, as ID_DIGITS ASCII digits; below 0 where it holds none.
    """

    content: bytes
    id_offset: int

    @property
    def holds_id(self) -> bool:
        """Whether an id stands in it."""
        return self.id_offset >= 0

    def filled(self, number: int) -> bytes:
        """Return the payload of the message with this id."""
        if not self.holds_id:
            return self.content
        end = self.id_offset + ID_DIGITS
        return self.content[: self.id_offset] + b"%0*d" % (ID_DIGITS, number) + self.content[end:]


def id_alone(id_offset: int) -> PayloadTemplate:
    """Return a payload that holds nothing but an id, at the place where others hold theirs."""
    return PayloadTemplate(content=b" " * id_offset + _ID_PLACE.encode(), id_offset=id_offset)


BARE = PayloadTemplate(content=b"", id_offset=-1)
"""That of a message without a payload; its id stands elsewhere."""


def templates(payload: Payload, rng: np.random.Generator) -> tuple[PayloadTemplate, ...]:
    """Return a template for each size, in the order of `payload.sizes`."""
    make = _MAKERS[payload.format]
    return tuple(make(size, rng) for size in payload.sizes)


def _random_bytes(size: int, rng: np.random.Generator) -> PayloadTemplate:
    content = _ID_PLACE.encode() + rng.bytes(size - ID_DIGITS)
    return PayloadTemplate(content=content, id_offset=0)


def _json_envelope(size: int, rng: np.random.Generator) -> PayloadTemplate:
    envelope: dict[str, str | int] = {
        "type": "jetbench.event",
        "id": _ID_PLACE,
        "correlation_id": rng.bytes(16).hex(),
        "time": "2026-01-01T00:00:00.000000000Z",
        "data": "",
    }
    return _filled_up(envelope, "data", size, rng)


def _event_envelope(size: int, rng: np.random.Generator) -> PayloadTemplate:
    envelope: dict[str, str | int] = {
        "eventType": EVENT_TYPE,
        "schemaVersion": SCHEMA_VERSION,
        "producerId": "jetbench",
        "correlationId": rng.bytes(16).hex(),
        "eventTime": "2026-01-01T00:00:00.000000Z",
        "id": _ID_PLACE,
        "payload": "",
    }
    return _filled_up(envelope, "payload", size, rng)


def _filled_up(
    envelope: dict[str, str | int], key: str, size: int, rng: np.random.Generator
) -> PayloadTemplate:
    """Return an envelope of which one field is so long that it has this size."""
    filler = size - len(_compact(envelope))
    envelope[key] = _LETTERS[rng.integers(0, len(_LETTERS), size=filler)].tobytes().decode()
    content = _compact(envelope)
    return PayloadTemplate(content=content, id_offset=content.index(_ID_PLACE.encode()))


def _compact(envelope: dict[str, str | int]) -> bytes:
    return json.dumps(envelope, separators=(",", ":")).encode()


def _sealed(size: int, rng: np.random.Generator) -> PayloadTemplate:
    from bench.plan.sealing import seal  # noqa: PLC0415 - an extra, which others do without

    nonce, plain = rng.bytes(NONCE_BYTES), rng.bytes(size - MIN_BYTES["sealed"])
    return PayloadTemplate(content=_ID_PLACE.encode() + seal(nonce, plain), id_offset=0)


_MAKERS = {
    "sealed": _sealed,
    "random-bytes": _random_bytes,
    "json-envelope": _json_envelope,
    "event-envelope": _event_envelope,
}
