"""The shape that every spec model shares, and the quantity types of its fields.

A field's Python name ends in its unit (`warmup_ns`), its YAML key does not (`warmup: 30s`): in the
file the unit stands in the value. What a model dumps, it reads back.
"""

from collections.abc import Callable
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, WithJsonSchema

from bench.core import units


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


def _reader(parse: Callable[[str], float], words: str) -> BeforeValidator:
    def read(value: object) -> object:
        if not isinstance(value, str):
            raise ValueError(f"needs a unit; allowed: {words}")
        return parse(value)

    return BeforeValidator(read)


def _schema(words: str, pattern: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": pattern, "description": words})


Duration = Annotated[
    int,
    _reader(units.parse_duration_ns, units.DURATION_WORDS),
    PlainSerializer(units.format_duration, return_type=str),
    _schema(units.DURATION_WORDS, r"^\d+(\.\d+)?\s*(ns|us|µs|ms|s|m|h)$"),
]
"""Nanoseconds, written as `30s`."""

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

Loose = Field(strict=False)
"""Lets a YAML list fill a tuple; the items stay strict."""
