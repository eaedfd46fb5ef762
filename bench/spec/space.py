"""A space of settings: the knobs that are turned, and what they can be set to."""

from dataclasses import dataclass

Value = str | int | float | bool
"""A setting as YAML reads it: `100`, `250ms`, `push`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Knob:
    """A setting that is turned.

    Attributes:
        key: dotted, `pull.batch`.
        values: that it may take, at least one, none twice; a range is written out on its scale.
        ordered: they rise in the order in which they stand, so that neighbours are alike.
        when: key of another knob -> values of it, with one of which this one is turned at all;
            all have to hold.
    """

    key: str
    values: tuple[Value, ...]
    ordered: bool
    when: tuple[tuple[str, tuple[Value, ...]], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A set of settings.

    Attributes:
        values: key and value of each knob whose conditions hold, in their order; empty for what
            the base has.
    """

    values: tuple[tuple[str, Value], ...]

    def __str__(self) -> str:
        return ", ".join(f"{key} {written(value)}" for key, value in self.values) or "base"


def written(value: Value) -> str:
    """Return a value as a file has it: `true`, `250ms`."""
    return str(value).lower() if isinstance(value, bool) else str(value)
