"""Values of keys, as clients read and write them; pure."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from bench.clients.port import (
    AckSink,
    IntArray,
    Messages,
    PayloadTemplate,
    PublisherLink,
)
from bench.plan.traffic import ID_DIGITS

NOBODY = -1
"""In place of a write: a value that none of ours brought."""

MARKERS = -2
"""Stands for the id of a marker that the server set for key 0; below it, those of other keys."""

NAMELESS = -(10**15)
"""Stands for the id of a marker in the place of what has no number in its subject."""

_MAX_DIGITS = 15
"""A longer number is none of a key of ours, and would not be told from NAMELESS."""

MARKER_HEADER = "Nats-Marker-Reason"

COUNT_AT = ID_DIGITS
"""Where in the value of a counter its count stands, behind the id."""


def marker_id(subject: str) -> int:
    """Return what stands for the id of a marker that the server set in a value's place.

    The last word of a key is its number; NAMELESS of a key that has none.
    """
    number = subject.rpartition(".")[2]
    known = number.isascii() and number.isdigit() and len(number) < _MAX_DIGITS
    return MARKERS - int(number) if known else NAMELESS


def are_markers(ids: IntArray) -> NDArray[np.bool_]:
    """Return which of these ids stand for markers, shape (n,)."""
    found: NDArray[np.bool_] = ids <= MARKERS
    return found


def marked_keys(ids: IntArray) -> IntArray:
    """Return the numbers of the keys whose markers are among these ids."""
    return MARKERS - ids[are_markers(ids) & (ids > NAMELESS)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """What a key was read as.

    Attributes:
        seq: its revision; 0 of a key that was never written.
        gone: it has no value: never had one, or it was deleted.
        data: of the value, or of the marker that stands in its place.
    """

    seq: int = 0
    gone: bool = False
    data: bytes = b""

    def number(self, id_offset: int) -> int:
        """Return the id of the write that was read, and 1; 0 of none, NOBODY of a strange one."""
        digits = self.data[id_offset : id_offset + ID_DIGITS]
        if self.gone:
            return 0
        return int(digits) + 1 if len(digits) == ID_DIGITS and digits.isdigit() else NOBODY

    @property
    def count(self) -> int:
        """The count of a counter; 0 where it has none."""
        digits = self.data[COUNT_AT : COUNT_AT + ID_DIGITS]
        return int(digits) if not self.gone and digits.isdigit() else 0


def counted(template: bytes, message_id: int, count: int) -> bytes:
    """Return the value of a counter that this operation brings to that count."""
    return b"%0*d%0*d%b" % (
        ID_DIGITS,
        message_id,
        ID_DIGITS,
        count,
        template[COUNT_AT + ID_DIGITS :],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """How a client reads and updates the keys of a bucket.

    Attributes:
        stream: of the bucket, `KV_<bucket>`.
        direct: any replica may answer a get.
        id_offset: where in a value the id of its write stands.
        within_ns: how long a read may take to be one.
        tries: how often an update is tried before it is given up.
        ttl_s: how long a created key lives; 0 for ever.
        members: keys of a group.
        bounded: a group is read as it was when its last key was written.
        values: a scan brings values, and not keys alone.
        strategy: how keys are read, by the word of `read.strategy`.
        max_age_ns: how long a cache believes what it got.
        restart_ns: how often a cache begins anew; 0 for never.
    """

    stream: str
    direct: bool
    id_offset: int = 0
    within_ns: int = 0
    tries: int = 1
    ttl_s: int = 0
    members: int = 0
    bounded: bool = False
    values: bool = False
    strategy: str = "get"
    max_age_ns: int = 0
    restart_ns: int = 0


class Whole(IntEnum):
    """What a group that was read is, beside its version."""

    WHOLE = 0
    TORN = 1
    PARTIAL = 2


_KINDS = 4


def gathered(found: Sequence[Value], bucket: Bucket) -> int:
    """Return in one number whose write was read of a group, and whether it is whole.

    Of several versions the oldest is told.
    """
    numbers = {value.seq: value.number(bucket.id_offset) for value in found}  # each key once
    there = [number for number in numbers.values() if number]
    if len(set(there)) > 1:
        whole = Whole.TORN
    else:
        whole = Whole.WHOLE if len(there) == bucket.members else Whole.PARTIAL
    return _KINDS * min(there, default=0) + whole


def told_apart(numbers: IntArray) -> tuple[IntArray, IntArray]:
    """Return whose writes were read and whether they are whole, each of the shape given."""
    return numbers // _KINDS, numbers % _KINDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """What a value is changed to.

    Attributes:
        payload: of the new value, or of the marker in its place.
        headers: of the message, whole lines.
    """

    payload: bytes
    headers: bytes = b""


class Changes(Protocol):
    """What is done to values: by position of an operation, or of a delivery."""

    def subject(self, position: int) -> str:
        """Return the key that an operation changes."""

    def change(self, position: int, value: Value) -> Write | None:
        """Return what a value becomes; None where it is to stay as it is."""

    @property
    def largest_bytes(self) -> int:
        """The largest payload."""


class Counters:
    """Counts one up with every operation."""

    def __init__(self, messages: Messages) -> None:
        self._messages = messages
        self.largest_bytes = max(len(each.content) for each in messages.payloads)

    def subject(self, position: int) -> str:
        """Return the counter of an operation."""
        subject: str = self._messages.subjects[self._messages.subject_index[position]]
        return subject

    def change(self, position: int, value: Value) -> Write | None:
        """Return the count that comes after a value's."""
        messages = self._messages
        template = messages.payloads[messages.payload_index[position]].content
        return Write(payload=counted(template, int(messages.ids[position]), value.count + 1))


class ChangeLink(PublisherLink, Protocol):
    """A connection that changes values, one by one as they come up."""

    def begin(self, position: int) -> None:
        """Begin a change."""

    def flush(self) -> None:
        """Send what was begun."""


class SaidSink(AckSink, Protocol):
    """Where a connection also tells a number that an answer held."""

    def said(self, positions: IntArray | range, numbers: IntArray) -> None:
        """The answers for these positions hold these numbers, both of shape (n,)."""


def reading(messages: Messages, bucket: Bucket, js_api: str) -> Messages:
    """Return the questions for the keys that these messages are addressed to."""
    nothing = PayloadTemplate(content=b"", id_offset=-1)
    if bucket.direct:
        direct = f"{js_api}.DIRECT.GET.{bucket.stream}."
        return replace(
            messages,
            subjects=tuple(direct + subject for subject in messages.subjects),
            payloads=(nothing,),
            payload_index=np.zeros_like(messages.payload_index),
        )
    return replace(
        messages,
        subjects=(f"{js_api}.STREAM.MSG.GET.{bucket.stream}",),
        subject_index=np.zeros_like(messages.subject_index),
        payloads=tuple(replace(nothing, content=asked(each)) for each in messages.subjects),
        payload_index=messages.subject_index,
    )


def asked(subject: str) -> bytes:
    """Return the request for the last message of a subject that the stream's leader answers."""
    return json.dumps({"last_by_subj": subject}).encode()
