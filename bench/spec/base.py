"""The shape that every spec model shares, and the quantity types of its fields.

A field's Python name ends in its unit (`warmup_ns`), its YAML key does not (`warmup: 30s`): in the
file the unit stands in the value. What a model dumps, it reads back.
"""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, WithJsonSchema

from bench.core import units

LARGEST = 2**63 - 1
"""What the server, the clock and numpy count to."""


class Spec(BaseModel):
    """A frozen piece of a user's file; unknown keys and near-miss types are refused."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        validate_by_alias=True,
        validate_by_name=False,
        serialize_by_alias=True,
    )

    if not TYPE_CHECKING:  # else any attribute would do

        def __getattr__(self, name: str) -> object:
            """Raise UnreadError for a field that could not be read (`bench.spec.partly`)."""
            if name in type(self).model_fields:
                raise UnreadError(name)
            return super().__getattr__(name)


class UnreadError(Exception):
    """Somebody asks for a value of a file that is wrong, and could not be read."""


class MisfitError(ValueError):
    """A value of the right type that is still wrong, seen by the model above it.

    Attributes:
        key: the keys from the model that raises it down to the value.
        nearest: the nearest right word; empty when none is near.
    """

    def __init__(self, *key: str, what: str, allowed: str, nearest: str = "") -> None:
        super().__init__(f"{what}; allowed: {allowed}")
        self.key = key
        self.nearest = nearest


def _reader(parse: Callable[[str], float], words: str, *, also: str = "") -> BeforeValidator:
    def read(value: object) -> object:
        if also and value == also:
            return value
        if _is_bare_number(value):
            raise ValueError(f"needs a unit; allowed: {words}")
        if not isinstance(value, str):
            raise ValueError(f"not a quantity; allowed: {words}")
        quantity = parse(value)
        if quantity > LARGEST:
            raise ValueError(f"too large for 64 bits; allowed: {words}")
        return quantity

    return BeforeValidator(read)


def _is_bare_number(value: object) -> bool:
    if isinstance(value, str):
        return re.fullmatch(r"[+-]?\d+(\.\d+)?", value.strip()) is not None
    return isinstance(value, int | float) and not isinstance(value, bool)


def _schema(words: str, pattern: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": pattern, "description": words})


Duration = Annotated[
    int,
    _reader(units.parse_duration_ns, units.DURATION_WORDS),
    PlainSerializer(units.format_duration, return_type=str),
    _schema(units.DURATION_WORDS, r"^\d+(\.\d+)?\s*(ns|us|µs|ms|s|m|h)$"),
]
"""Nanoseconds, written as `30s`."""

_ALWAYS_WORDS = f"always, or {units.DURATION_WORDS}"

DurationOrAlways = Annotated[
    Literal["always"] | int,
    _reader(units.parse_duration_ns, _ALWAYS_WORDS, also="always"),
    PlainSerializer(
        lambda value: value if value == "always" else units.format_duration(value), return_type=str
    ),
    _schema(_ALWAYS_WORDS, r"^(always|\d+(\.\d+)?\s*(ns|us|µs|ms|s|m|h))$"),
]
"""Nanoseconds, or the word `always`."""

Size = Annotated[
    int,
    _reader(units.parse_size_bytes, units.SIZE_WORDS),
    PlainSerializer(units.format_size, return_type=str),
    _schema(units.SIZE_WORDS, r"^\d+(\.\d+)?\s*(B|kB|KiB|MB|MiB|GB|GiB)$"),
]
"""Bytes, written as `32KiB`."""

Rate = Annotated[
    float,
    _reader(units.parse_rate_msgs_per_s, units.RATE_WORDS),
    PlainSerializer(units.format_rate, return_type=str),
    _schema(units.RATE_WORDS, r"^\d+(\.\d+)?\s*(msgs?)?/(s|min|h)$"),
]
"""Messages a second, above 0, written as `5000/s`."""

Share = Annotated[
    float,
    _reader(units.parse_share, units.SHARE_WORDS),
    PlainSerializer(units.format_share, return_type=str),
    _schema(units.SHARE_WORDS, r"^\d+(\.\d+)?\s*%$"),
]
"""A fraction above 0 and up to 1, written as `95%`."""

Count = Annotated[int, Field(ge=1, le=LARGEST)]
"""A whole number of things, 1 or more."""

Loose = Field(strict=False)
"""Lets a YAML list fill a tuple; the items stay strict."""
