"""A range of a setting, written out: so many values from one end to the other, on a scale."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from bench.core import units
from bench.spec.base import LARGEST, MisfitError
from bench.spec.space import Value

Scale = Literal["log", "linear"]

ENDS = "a whole number, a duration such as 250ms, a size such as 32KiB, or a share such as 10%"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of quantity that has a range.

    Attributes:
        read: its whole number; None where the text is of another kind.
        write: as a file has it.
        base: of the numbers that are round: 10, or 2 for sizes.
    """

    read: Callable[[Value], int | None]
    write: Callable[[int], Value]
    base: int


def written_out(low: Value, high: Value, scale: Scale, steps: int) -> tuple[Value, ...]:
    """Return the values of a range, from its one end to the other; ends stand as they were written.

    What lies between is rounded where the distance of neighbours allows it, and stands once.

    Raises:
        MisfitError: an end is no quantity, or the range is empty; its key is `from`, `to` or
            `scale`.
    """
    kind = _kind(low, high)
    first, last = _end(kind, "from", low), _end(kind, "to", high)
    if last <= first:
        raise MisfitError("to", what="the range is empty", allowed="above `from`")
    if scale == "log" and first <= 0:
        what = "a log scale begins above 0"
        raise MisfitError("from", what=what, allowed="above 0, or scale linear")
    inner = dict.fromkeys(_between(first, last, scale, steps, kind.base))
    return (low, *(kind.write(each) for each in inner if first < each < last), high)


def _between(first: int, last: int, scale: Scale, steps: int, base: int) -> Iterator[int]:
    exact = [_at(first, last, scale, step / (steps - 1)) for step in range(steps)]
    for before, each in pairwise(exact[:-1]):
        yield _rounded(each, each - before, base)


def _at(first: int, last: int, scale: Scale, share: float) -> float:
    if scale == "linear":
        return first + (last - first) * share
    return float(first * (last / first) ** share)


def _rounded(value: float, distance: float, base: int) -> int:
    """Return the value to a tenth of the distance to its neighbour, or finer."""
    grain: int = base ** max(0, math.floor(math.log(max(1.0, distance / 10), base)))
    return round(value / grain) * grain


def _kind(low: Value, high: Value) -> Kind:
    """Return the kind of both ends; MisfitError where there is none."""
    found = next((kind for kind in _KINDS.values() if kind.read(low) is not None), None)
    if found is None:
        raise MisfitError("from", what="no quantity that has a range", allowed=ENDS)
    return found


def _end(kind: Kind, key: str, value: Value) -> int:
    number = kind.read(value)
    if number is None:
        word = next(word for word, each in _KINDS.items() if each is kind)
        raise MisfitError(key, what="not a quantity like the other end", allowed=word)
    if number > LARGEST:
        raise MisfitError(key, what="too large for 64 bits", allowed=ENDS)
    return number


def _whole(value: Value) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _reader(parse: Callable[[str], int]) -> Callable[[Value], int | None]:
    def read(value: Value) -> int | None:
        try:
            return parse(value) if isinstance(value, str) else None
        except ValueError:
            return None

    return read


def _basis_points(text: str) -> int:
    return round(units.parse_share(text) * 10_000)


_KINDS: Mapping[str, Kind] = {
    "a whole number": Kind(read=_whole, write=int, base=10),
    "a duration, such as 250ms": Kind(
        read=_reader(units.parse_duration_ns), write=units.format_duration, base=10
    ),
    "a size, such as 32KiB": Kind(
        read=_reader(units.parse_size_bytes), write=units.format_size, base=2
    ),
    "a share, such as 10%": Kind(
        read=_reader(_basis_points),
        write=lambda points: units.format_share(points / 10_000),
        base=10,
    ),
}
"""By what an end of the kind is called."""


def amount(value: Value) -> int | None:
    """Return how much a value is, whatever its unit; None where it is a word.

    Values of one setting can be compared by it.
    """
    each = (kind.read(value) for kind in _KINDS.values())
    return next((found for found in each if found is not None), None)
