"""Payloads that are bad: as large as those that are good, and with their id in its place.

So whoever measures knows each bad message, and only who looks at all of it can tell.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bench.plan.arrays import IntArray
from bench.plan.faults import Faults
from bench.plan.payload import SCHEMA_VERSION, PayloadTemplate
from bench.spec.bad import BadKind, BadMessage

UNKNOWN_VERSION = SCHEMA_VERSION + 8
"""As many digits, and no version that there ever was."""

Spoil = Callable[[bytes], bytes]
"""Returns a bad payload of the same size."""


def _replaced(what: bytes, by: bytes) -> Spoil:
    if len(what) != len(by):
        raise ValueError(f"{by!r} is not as long as {what!r}")
    return lambda content: content.replace(what, by, 1)


def _altered(content: bytes) -> bytes:
    """Return a payload with one byte changed, the last that is none of an envelope's own."""
    at = len(content.removesuffix(b'"}')) - 1
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


_VERSION = b'"schemaVersion":%d'

WAYS: Mapping[BadKind, tuple[Spoil, ...]] = {
    "malformed": (
        lambda content: content[:-1] + b" ",  # cut off
        _replaced(b'"producerId"', b'"producer"  '),  # without a field
        _replaced(b'"eventTime":"2026-01-', b'"eventTime":"2026-13-'),  # not of its type
    ),
    "unknown-version": (_replaced(_VERSION % SCHEMA_VERSION, _VERSION % UNKNOWN_VERSION),),
    "tampered": (_altered,),
}
"""The ways in which the payload of a kind is bad; those take turns by id. Of others it is not."""


@dataclass(frozen=True, slots=True)
class Spoiled:
    """Payloads of which some are bad.

    Attributes:
        payloads: templates, the good ones first.
        index: into these, of each message, shape (n,).
        signed_as: index of the payload that was signed, by that of one that was tampered with.
    """

    payloads: tuple[PayloadTemplate, ...]
    index: IntArray
    signed_as: Mapping[int, int]


def spoiled(
    payloads: Sequence[PayloadTemplate], payload_index: IntArray, faults: Faults
) -> Spoiled:
    """Return the payloads of messages of which some are bad.

    Args:
        payloads: good ones.
        payload_index: of each message, shape (n,).
        faults: of the messages.
    """
    made, index = list(payloads), payload_index.copy()
    signed_as: dict[int, int] = {}
    for number, kind in enumerate(faults.kinds, start=1):
        if isinstance(kind, BadMessage) and (ways := WAYS.get(kind.kind)):
            if kind.kind == "tampered":
                signed_as |= {len(made) + place: place for place in range(len(payloads))}
            (ids,) = np.nonzero(faults.index == number)
            turn = ids % len(ways)
            index[ids] = len(made) + turn * len(payloads) + payload_index[ids]
            made += [_by(way, each) for way in ways for each in payloads]
    return Spoiled(tuple(made), index, signed_as)


def _by(way: Spoil, payload: PayloadTemplate) -> PayloadTemplate:
    content = way(payload.content)
    if content == payload.content or len(content) != len(payload.content):
        raise ValueError("a payload is to be bad, and cannot be spoiled so")
    return PayloadTemplate(content=content, id_offset=payload.id_offset)
