"""Reading JSON records: what is on disk is input, checked once, here, and told by file and line.

A record may have been cut short, edited or made up. What is read is bounded before it is decoded,
has only numbers that can be counted with, and fits together; else it is refused.
"""

import json
import math
import re
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter, ValidationError

from bench.core.errors import RecordError

T = TypeVar("T")
Json = dict[str, Any]
Loc = tuple[str | int, ...]
"""Keys and list positions from the top of a file down to a value."""

MAX_JSON_BYTES = 32 * 1024**2
"""Above a plan of 100 000 trials, and a trial of a week."""

LARGEST = 2**63 - 1
"""What numpy counts to."""

MOST = 2**53
"""More of anything than a run can have, nanoseconds too (104 days); sums of them stay exact."""

_SPACE = re.compile(r"[ \t\r\n]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing wrong with a record.

    Attributes:
        loc: where.
        what: what is wrong, without a full stop.
    """

    loc: Loc
    what: str


Check = Callable[[T], Iterable[Fault]]
"""Says what does not fit together in a record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema(Generic[T]):
    """What a JSON record must be.

    Attributes:
        adapter: its type.
        version: of its schema.
        check: what must hold between its parts.
        older: version -> what makes one of this version of it, told in plain JSON; it leaves alone
            what is not as that version had it.
    """

    adapter: TypeAdapter[T]
    version: int
    check: Check[T] = lambda _: ()
    older: Mapping[int, Callable[[Json], Json]] = field(default_factory=dict)


def read_json(path: Path, schema: Schema[T]) -> T:
    """Return what a JSON file holds; RecordError when it is missing, broken or too new."""
    return parse_json(str(path), bounded_bytes(path, MAX_JSON_BYTES), schema)


def parse_json(name: str, content: bytes, schema: Schema[T]) -> T:
    """Return what a JSON text holds.

    Args:
        name: of the file, for errors.
        content: UTF-8.
        schema: what it must be.

    Raises:
        RecordError: the text is not such a record; with file, line, key and reason.
    """
    try:
        plain = json.loads(content)
    except json.JSONDecodeError as error:
        raise RecordError(f"{name}:{error.lineno}: not JSON: {error.msg}") from error
    except (ValueError, RecursionError) as error:
        raise RecordError(f"{name}: not JSON: {error}") from error
    found = plain.get("schema_version") if isinstance(plain, dict) else None
    older = schema.older.get(found) if type(found) is int else None
    if isinstance(found, int) and found != schema.version and older is None:
        raise RecordError(f"{name}: schema version {found}; this jetbench reads {schema.version}")
    _refuse(name, content, _numbers(plain))
    try:
        value = _value(content if older is None else older(plain), schema.adapter)
    except ValidationError as error:
        _refuse(name, content, _unfit(error))
        raise
    _refuse(name, content, schema.check(value))
    return value


def _value(content: bytes | Json, adapter: TypeAdapter[T]) -> T:
    if isinstance(content, bytes):
        return adapter.validate_json(content)
    return adapter.validate_json(json.dumps(content))


def bounded_bytes(path: Path, limit: int) -> bytes:
    """Return a file's content; RecordError when it cannot be read or is larger than any record."""
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):  # a pipe would keep us waiting, a device never end
            raise RecordError(f"{path}: cannot be read: not a regular file")
        size = found.st_size
        if size > limit:
            raise RecordError(f"{path}: {size} bytes are more than any such record has ({limit})")
        return path.read_bytes()
    except OSError as error:
        raise RecordError(f"{path}: cannot be read: {error.strerror or error}") from error


def line_of(text: str, loc: Loc) -> int:
    """Return the 1-based line of a value of a JSON text, or of the nearest one above it."""
    at = _skip(text, 0)
    for step in loc:
        found = dict(_children(text, at)).get(step)
        if found is None:
            break
        at = found
    return text.count("\n", 0, at) + 1


def _refuse(name: str, content: bytes, faults: Iterable[Fault]) -> None:
    for fault in faults:
        line = line_of(content.decode("utf-8-sig", errors="replace"), fault.loc)
        place = ".".join(map(str, fault.loc))
        key = f"{place}: " if place else ""
        raise RecordError(f"{name}:{line}: not a record of this version: {key}{fault.what}")


def _unfit(error: ValidationError) -> Iterator[Fault]:
    for each in error.errors(include_url=False):
        yield Fault(loc=each["loc"], what=each["msg"])


def _numbers(value: Any, loc: Loc = ()) -> Iterator[Fault]:  # noqa: ANN401 - anything of JSON
    """Yield every number that cannot be counted with: NaN, infinite or beyond 64 bits."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _numbers(each, (*loc, key))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            # Long lists of plain numbers are nearly all there is of a trial.
            if type(each) is not int or abs(each) > LARGEST:
                yield from _numbers(each, (*loc, index))
    elif isinstance(value, float) and not math.isfinite(value):
        yield Fault(loc=loc, what=f"{value} is no number to count with")
    elif isinstance(value, int) and abs(value) > LARGEST and loc[-1:] != ("seed",):
        yield Fault(loc=loc, what="a number beyond 64 bits")


def _children(text: str, at: int) -> Iterator[tuple[str | int, int]]:
    """Yield the keys or positions of the object or list at `at`, each with where its value is."""
    decoder = json.JSONDecoder()
    opening, index = text[at : at + 1], 0
    if opening not in {"{", "["}:
        return
    at = _skip(text, at + 1)
    while text[at] not in "}]":
        key: str | int = index
        if opening == "{":
            key, at = decoder.raw_decode(text, at)
            at = _skip(text, _skip(text, at) + 1)
        yield key, at
        _, at = decoder.raw_decode(text, at)
        at = _skip(text, at)
        at = _skip(text, at + 1) if text[at] == "," else at
        index += 1


def _skip(text: str, at: int) -> int:
    space = _SPACE.match(text, at)
    return space.end() if space else at
