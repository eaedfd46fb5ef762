"""What became of single messages of a trial, `messages.npz`: who sent, had and handled each, when.

A NumPy archive of two tables of whole numbers, which docs/FILES.md describes, and a JSON text that
names what their numbers stand for. What is read is checked as if a stranger had written it: nothing
in it is run, and it unfolds into no more than it may.
"""

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter, ValidationError

from bench.core.errors import RecordError
from bench.record.reading import bounded_bytes

IntArray = NDArray[np.int64]

NEVER = int(np.iinfo(np.int64).min)
"""Stands for an instant that never came."""

SEND_COLUMNS = ("flow", "place", "id", "intended_ns", "sent_ns", "stored_ns", "outcome")
DELIVERY_COLUMNS = (
    "place",
    "generation",
    "id",
    "stream_seq",
    "delivery",
    "received_ns",
    "handled_ns",
    "acked_ns",
    "ending",
)
LETTER_COLUMNS = ("stream_seq", "attempts", "reason")
EVICTED_COLUMNS = ("lacking", "id")

MAX_FILE_BYTES = 64 * 1024**2
MAX_MEMBER_BYTES = 256 * 1024**2
_TABLES = {
    "sends": SEND_COLUMNS,
    "deliveries": DELIVERY_COLUMNS,
    "letters": LETTER_COLUMNS,
    "evicted": EVICTED_COLUMNS,
}
_MEMBERS = {*_TABLES, "names"}
_LATER = {"evicted"}
"""Not there in records of versions that did not tell it."""
_BROKEN = (
    ValueError,
    KeyError,
    TypeError,
    SyntaxError,
    RuntimeError,
    EOFError,
    MemoryError,
    OverflowError,
    struct.error,
    zlib.error,
    zipfile.BadZipFile,
)
"""What zipfile and numpy raise over a file that somebody broke."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Who did or saw something: a process of a part, and the flow that its ids are of."""

    part: str
    role: str
    flow: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What the numbers of the tables stand for.

    Attributes:
        places: processes, by their number.
        endings: words of endings, by theirs.
        outcomes: words of answers that were not as wanted, by theirs.
        reasons: why messages were given up, by theirs.
        planned: messages of each flow, in the order of their numbers; of these some are kept.
        lacking: parts that limits of a stream took messages from, by their number.
    """

    places: tuple[Place, ...]
    endings: Mapping[int, str]
    outcomes: Mapping[int, str]
    reasons: tuple[str, ...]
    planned: Mapping[str, int]
    lacking: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Messages:
    """What is kept of single messages.

    Attributes:
        names: of what the numbers stand for.
        sends: one row a message that is kept, of SEND_COLUMNS, shape (7, n); place -1 for those
            that no process was to send, as far as it wrote that down.
        deliveries: one row each time that one came, of DELIVERY_COLUMNS, shape (9, m); a generation
            is 1 until its process is killed, then one more.
        letters: dead letters, of LETTER_COLUMNS, shape (3, k).
        evicted: what limits took before it came to a part, of EVICTED_COLUMNS, shape (2, l).

    Instants are ns from the trial's start, NEVER where they did not come.
    """

    names: Names
    sends: IntArray
    deliveries: IntArray
    letters: IntArray
    evicted: IntArray = field(default_factory=lambda: _none("evicted"))


def _none(table: str) -> IntArray:
    return np.empty((len(_TABLES[table]), 0), dtype=np.int64)


_NAMES = TypeAdapter(Names)


def packed(messages: Messages) -> bytes:
    """Return the content of a file of messages."""
    content = io.BytesIO()
    tables = {name: getattr(messages, name) for name in _TABLES}
    names = np.frombuffer(_NAMES.dump_json(messages.names), dtype=np.uint8)
    np.savez_compressed(content, names=names, **tables)
    return content.getvalue()


def read(path: Path) -> Messages:
    """Return what a file of messages holds.

    Raises:
        RecordError: it is missing, or no such file.
    """
    content = bounded_bytes(path, MAX_FILE_BYTES)
    try:
        _check_sizes(content)
        with np.load(io.BytesIO(content), allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        messages = _checked(arrays)
    except ValidationError as error:
        raise RecordError(
            f"{path}: not a readable record of messages: its names: {error}"
        ) from None
    except _BROKEN as error:
        raise RecordError(f"{path}: not a readable record of messages: {error}") from error
    return messages


def _check_sizes(content: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        sizes = {each.filename: each.file_size for each in archive.infolist()}
    told = {f"{name}.npy" for name in _MEMBERS}
    if not told - {f"{name}.npy" for name in _LATER} <= set(sizes) <= told:
        raise ValueError(f"it does not hold {', '.join(sorted(_MEMBERS))}")
    if max(sizes.values()) > MAX_MEMBER_BYTES:
        raise ValueError("it unfolds into more than any such record has")


def _checked(arrays: Mapping[str, Any]) -> Messages:
    names = _NAMES.validate_json(arrays["names"].tobytes())
    tables = {name: _table(name, arrays.get(name, _none(name))) for name in _TABLES}
    found = Messages(names=names, **tables)
    _check_numbers("sends", found.sends[0], 0, len(names.planned))
    _check_numbers("sends", found.sends[1], -1, len(names.places))
    _check_numbers("deliveries", found.deliveries[0], 0, len(names.places))
    _check_numbers("letters", found.letters[2], 0, len(names.reasons))
    _check_numbers("evicted", found.evicted[0], 0, len(names.lacking))
    return found


def _table(name: str, array: IntArray) -> IntArray:
    columns = len(_TABLES[name])
    if array.dtype != np.int64 or array.ndim != 2 or array.shape[0] != columns:
        raise ValueError(f"{name} is no table of {columns} columns of whole numbers")
    return array


def _check_numbers(name: str, numbers: IntArray, least: int, stop: int) -> None:
    if numbers.size and (numbers.min() < least or numbers.max() >= stop):
        raise ValueError(f"{name} has a number that no name stands for")
