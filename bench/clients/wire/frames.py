"""A publisher's frames, built in blocks ahead of sending.

Everything but the digits of a few numbers is known beforehand, so a block is a join of prepared
pieces and some scattered writes. Sending is then a slice of the block, whatever sizes and subjects
are mixed, and costs next to nothing in a tick that sends five messages.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from bench.clients.port import IntArray, Messages
from bench.clients.signing import signature_of
from bench.clients.wire.digits import TIME_CHARS, write_numbers, write_times
from bench.plan.signing import Signer
from bench.plan.traffic import ID_DIGITS, PayloadTemplate

NUMBER_DIGITS = ID_DIGITS
"""A number in a frame stands with leading zeros, so that every frame of a form has one size."""

BLOCK_BYTES = 256 * 1024
BLOCK_MSGS = 1024
"""Limits of a block: building one takes some 0.1 ms, and what is due waits for it."""

Header = tuple[str, str]

_PLACE = re.compile(rb"\{(\w+)\}")
_BLANK = b"0" * NUMBER_DIGITS

TIME = "at"
"""What stands for an instant, as `write_times` writes it."""

SIGNATURE = "signature"
SIGNATURE_CHARS = 64
"""What stands for the signature of a message, and how long that is."""

_BLANKS = {TIME: b"0" * TIME_CHARS, SIGNATURE: b"0" * SIGNATURE_CHARS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What stands around a payload; `{name}` in it stands for a number of the message.

    Attributes:
        reply: subject that the answer comes to; empty where none is wanted.
        headers: names and values.
    """

    reply: str = ""
    headers: tuple[Header, ...] = ()


class Layout(Protocol):
    """Which form a message has, and which numbers."""

    @property
    def forms(self) -> tuple[Form, ...]:
        """All forms that occur."""

    @property
    def epoch(self) -> int:
        """Another number whenever the numbers of messages to come have changed."""

    def numbers(self, positions: IntArray) -> tuple[IntArray, Mapping[str, IntArray]]:
        """Return the form of each position, as an index, and its numbers by their name.

        The message's `id` is known without being told.
        """


_Texts = dict[str, list[tuple[IntArray, IntArray | slice]]]
"""By what stands there: where it does in a block, and in which rows of it, form by form."""


@dataclass(frozen=True, slots=True)
class _Template:
    """A form around one payload, from the sizes on.

    Attributes:
        tail: everything behind the reply subject.
        places: name of each number and its offset from the tail's start; in the reply below 0.
    """

    tail: bytes
    places: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class _Block:
    """The frames of positions first..stop-1, message k from starts[k] to starts[k + 1].

    Read one by one, Python's view of `starts` takes half the time of numpy's.
    """

    epoch: int
    first: int
    stop: int
    starts: memoryview
    content: memoryview


class PublishFrames:
    """The frames of all of one publisher's messages.

    Attributes:
        count: messages.
        largest_bytes: header and payload of the largest message together.
    """

    def __init__(self, messages: Messages, layout: Layout) -> None:
        self._messages = messages
        self._layout = layout
        self._heads = [
            _head(subject, form) for form in layout.forms for subject in messages.subjects
        ]
        of_forms = [
            [_template(form, payload, messages.subjects[:1]) for payload in messages.payloads]
            for form in layout.forms
        ]
        self._tails = [template.tail for templates in of_forms for template in templates]
        self._places = [_columns(templates) for templates in of_forms]
        self._head_sizes = np.array([len(head) for head in self._heads], dtype=np.int64)
        self._tail_sizes = np.array([len(tail) for tail in self._tails], dtype=np.int64)
        self._block = _Block(0, 0, 0, memoryview(b""), memoryview(b""))
        self.count = messages.ids.size
        header_bytes = max(len(_blanked(_header(form))) for form in layout.forms)
        self.largest_bytes = max((len(p.content) for p in messages.payloads), default=0)
        self.largest_bytes += header_bytes

    def slices(self, first: int, stop: int) -> Iterator[memoryview]:
        """Yield the frames of positions first..stop-1, in order."""
        if not 0 <= first <= stop <= self.count:
            raise ValueError(f"no positions {first}..{stop} among {self.count}")
        while first < stop:
            block = self._block
            if not block.first <= first < block.stop or block.epoch != self._layout.epoch:
                block = self._block = self._build(first)
            end = min(stop, block.stop)
            starts = block.starts
            yield block.content[starts[first - block.first] : starts[end - block.first]]
            first = end

    def _build(self, first: int) -> _Block:
        messages = self._messages
        chosen = slice(first, min(first + BLOCK_MSGS, self.count))
        form, numbers = self._layout.numbers(np.arange(chosen.start, chosen.stop))
        head, tail = messages.subject_index[chosen], messages.payload_index[chosen]
        payload = tail
        if len(self._places) > 1:
            head = form * len(messages.subjects) + head
            tail = form * len(messages.payloads) + tail
        head_sizes = self._head_sizes[head]
        stops = (head_sizes + self._tail_sizes[tail]).cumsum()
        count = max(1, int(stops.searchsorted(BLOCK_BYTES, side="right")))
        starts = np.concatenate(([0], stops[:count]))

        frames = self._unnumbered(head[:count], tail[:count])
        tails_at = starts[:-1] + head_sizes[:count]
        numbers = {**numbers, "id": messages.ids[chosen]}
        at, values = [], []
        texts: _Texts = {TIME: [], SIGNATURE: []}
        for index, columns in enumerate(self._places):
            rows = np.flatnonzero(form[:count] == index) if len(self._places) > 1 else slice(count)
            for name, places in columns:
                offsets = places[payload[rows]] if places.size > 1 else places
                if name in texts:
                    texts[name].append((tails_at[rows] + offsets, rows))
                    continue
                at.append(tails_at[rows] + offsets)
                values.append(numbers[name][rows])
        if messages.at_ns is not None:
            for offsets, rows in texts[TIME]:
                write_times(frames, offsets, messages.at_ns[chosen][:count][rows])
        write_numbers(frames, np.concatenate(at), np.concatenate(values))
        if messages.signer is not None:
            self._sign(messages.signer, frames, first, texts)
        return _Block(self._layout.epoch, first, first + count, starts.data, memoryview(frames))

    def _sign(self, signer: Signer, frames: bytearray, first: int, texts: "_Texts") -> None:
        """Write the signatures of a block, in which all else stands by now."""
        for (times, rows), (places, _) in zip(texts[TIME], texts[SIGNATURE], strict=True):
            count = places.size
            numbers = range(count) if isinstance(rows, slice) else rows.tolist()
            for row, at, place in zip(numbers, times.tolist(), places.tolist(), strict=True):
                said = bytes(frames[at : at + TIME_CHARS])
                signature = signature_of(signer, self._messages, first + row, said)
                frames[place : place + SIGNATURE_CHARS] = signature

    def _unnumbered(self, head: IntArray, tail: IntArray) -> bytearray:
        """Return the frames of these heads and tails, with zeros for every number."""
        if len(self._heads) == len(self._tails) == 1:
            return bytearray(self._heads[0] + self._tails[0]) * head.size
        heads = map(self._heads.__getitem__, head.tolist())
        if len(self._tails) == 1:
            return bytearray(self._tails[0]).join((*heads, b""))
        pieces = [b""] * (2 * head.size)
        pieces[::2] = heads
        pieces[1::2] = map(self._tails.__getitem__, tail.tolist())
        return bytearray().join(pieces)


def control_frame(subject: str, form: Form, numbers: Mapping[str, int]) -> bytes:
    """Return the frame of a message without a payload, its numbers filled in."""

    def filled(text: str) -> str:
        digits = {name: f"{number:0{NUMBER_DIGITS}d}" for name, number in numbers.items()}
        return text.format_map(digits)

    whole = Form(
        reply=filled(form.reply),
        headers=tuple((name, filled(value)) for name, value in form.headers),
    )
    header = _header(whole)
    return _head(subject, whole) + _sizes(len(header), 0) + header + b"\r\n"


def _head(subject: str, form: Form) -> bytes:
    verb = "HPUB" if form.headers else "PUB"
    words = f"{verb} {subject} {form.reply}".rstrip()
    return _blanked(words.encode()) + b" "


def _template(form: Form, payload: PayloadTemplate, subjects: Sequence[str]) -> _Template:
    reply, header = form.reply.encode(), _header(form)
    content, id_offset = payload.content, payload.id_offset
    sizes = _sizes(len(_blanked(header)), len(content))
    in_reply = list(_places(reply, start=-len(_blanked(reply)) - 1))
    in_header = _places(header, start=len(sizes))
    before_payload = sizes + _blanked(header)
    in_payload = [("id", len(before_payload) + id_offset)] if id_offset >= 0 else []
    places = (*_in_subject(subjects, reply), *in_reply, *in_header, *in_payload)
    return _Template(before_payload + content + b"\r\n", places)


def _in_subject(subjects: Sequence[str], reply: bytes) -> Iterator[tuple[str, int]]:
    """Yield the numbers in a subject, which stands before the reply; in all of them at one place.

    A place is told from the end: subjects that hold a number have the same behind it.
    """
    for subject in map(str.encode, subjects):
        behind = len(_blanked(reply)) + 1 + (1 if reply else 0)
        yield from _places(subject, start=-behind - len(_blanked(subject)))


def _columns(templates: Sequence[_Template]) -> list[tuple[str, IntArray]]:
    """Return the numbers of one form, each with its offset for every payload."""
    names = [name for name, _ in templates[0].places]
    offsets = np.array([[at for _, at in template.places] for template in templates])
    return list(zip(names, offsets.T, strict=True))


def _sizes(header_bytes: int, payload_bytes: int) -> bytes:
    if not header_bytes:
        return b"%d\r\n" % payload_bytes
    return b"%d %d\r\n" % (header_bytes, header_bytes + payload_bytes)


def _header(form: Form) -> bytes:
    lines = "".join(f"{name}: {value}\r\n" for name, value in form.headers)
    return f"NATS/1.0\r\n{lines}\r\n".encode() if lines else b""


def _blanked(text: bytes) -> bytes:
    return _PLACE.sub(lambda place: _BLANKS.get(place[1].decode(), _BLANK), text)


def _places(text: bytes, start: int) -> Iterator[tuple[str, int]]:
    """Yield every number and where it stands when the text begins at `start`."""
    for place in _PLACE.finditer(text):
        yield place[1].decode(), start + len(_blanked(text[: place.start()]))
