"""A setting of a tuning's `space` as it is written: what it may take, and when it is turned."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, ValidationError, WithJsonSchema, model_validator

from bench.core.errors import Problem
from bench.core.words import alike, nearest
from bench.spec.base import Loose, MisfitError, Spec
from bench.spec.pointed import Laid, laid, setting_at
from bench.spec.problems import child_keys, validate
from bench.spec.ranged import ENDS, Scale, written_out
from bench.spec.space import Value
from bench.spec.variant import Settings
from bench.spec.yaml_tree import Document, Loc

MOST_VALUES = 200
"""Of a setting, listed or of a range; finer steps than that cannot be told apart."""

FIXED = ("disturbances", "handler.call", "handler.state")
"""What is done to the system and whose code runs: points that differ so would be other loads."""

_LISTED = "`jetbench new config`"


def _plain(value: object) -> object:
    if value is None:
        raise MisfitError(
            what="null leaves the setting to somebody else, and is no value",
            allowed="the value that it has then, or a space without this one",
        )
    if not isinstance(value, str | int | float):
        what = "not a plain value"
        raise MisfitError(what=what, allowed="text, a number, true or false")
    return value


Plain = Annotated[
    Any,
    BeforeValidator(_plain),
    WithJsonSchema({"anyOf": [{"type": each} for each in ("string", "number", "boolean")]}),
]


def _listed(value: object) -> object:
    return value if isinstance(value, list) else [value]


Values = Annotated[tuple[Plain, ...], Loose, Field(min_length=1, max_length=MOST_VALUES)]


class Turned(Spec):
    """What a setting may take: a list of values, or a range that is written out.

    Attributes:
        values: as a config has them; `[10, 100]` is short for `{values: [10, 100]}`.
        from_value: one end of a range: a whole number, a duration, a size or a share.
        to_value: the other end.
        scale: `log` has each value the same share above the one before, `linear` the same amount.
        steps: how many values a range has, both ends included; what rounds to the same stands once.
        when: key of another setting of the space -> values of it, with one of which this one is
            turned; all have to hold.
    """

    values: Values | None = None
    from_value: Plain | None = Field(default=None, alias="from")
    to_value: Plain | None = Field(default=None, alias="to")
    scale: Scale = "linear"
    steps: int = Field(default=5, ge=2, le=MOST_VALUES)
    when: dict[
        str, Annotated[Values, BeforeValidator(_listed, json_schema_input_type=Plain | list[Plain])]
    ] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _is_one_of_both(self) -> Self:
        ends = {"from": self.from_value, "to": self.to_value}
        given = [key for key, end in ends.items() if end is not None]
        ranged = given + [key for key in ("scale", "steps") if key in self.model_fields_set]
        if self.values is not None and ranged:
            what = "belongs to a range, and there are values"
            raise MisfitError(ranged[0], what=what, allowed="one of them")
        if self.values is None and not given:
            raise MisfitError(what="neither values nor a range", allowed="[...], or from and to")
        if self.values is None:
            missing = [key for key in ends if key not in given]
            if missing:
                raise MisfitError(missing[0], what="missing", allowed=ENDS)
            self.written()
        return self

    def written(self) -> tuple[Value, ...]:
        """Return the values, written out."""
        if self.values is not None:
            return self.values
        ends = (self.from_value, self.to_value)
        low, high = (end for end in ends if end is not None)
        return written_out(low, high, self.scale, self.steps)


def _short(value: object) -> object:
    return {"values": value} if isinstance(value, list) else value


Space = dict[
    str, Annotated[Turned, BeforeValidator(_short, json_schema_input_type=list[Plain] | Turned)]
]
"""Dotted key -> what the setting may take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A setting of a space that could be read.

    Attributes:
        key: dotted.
        turned: as written.
        values: written out.
        meant: what each of them is to the setting, so that `1s` and `1000ms` are the same.
    """

    key: str
    turned: Turned
    values: tuple[Value, ...]
    meant: tuple[object, ...]


def read_entries(document: Document, base: Settings) -> tuple[list[Entry], list[Problem]]:
    """Return the settings of a document's space, and which keys and values there are none.

    Args:
        document: of a tuning; what its model says is not said again.
        base: that points are laid over.
    """
    space = document.data.get("space")
    if not isinstance(space, Mapping):
        return [], []
    problems = list(_key_problems(document, space))
    wrong = {problem.key for problem in problems}
    entries = []
    for key, written in space.items():
        turned = _readable(written)
        if turned is not None and document.problem(("space", key), "").key not in wrong:
            entry, more = _entry(document, base, key, turned)
            entries.append(entry)
            problems += more
    return entries, problems


def _readable(written: object) -> Turned | None:
    """Return what a setting may take; None where its model says what is wrong."""
    try:
        return Turned.model_validate(_short(written))
    except ValidationError:
        return None


def _key_problems(document: Document, space: Mapping[str, object]) -> Iterator[Problem]:
    leaves = tuple(_leaves(()))
    for key in space:
        loc: Loc = ("space", key)
        below = [leaf for leaf in leaves if leaf.startswith(f"{key}.")]
        if key in FIXED:
            what = "cannot be turned: points that differ in it would be other loads"
            yield document.problem(loc, what, allowed="any other setting")
        elif below:
            what = "is a section, and its settings are turned"
            yield document.problem(loc, what, allowed=", ".join(below))
        elif key not in leaves:
            allowed = alike(key, leaves, _LISTED)
            yield document.problem(loc, "unknown key", allowed=allowed, nearest=_near(key, leaves))


def _near(key: str, leaves: Sequence[str]) -> str:
    """Return the setting that is perhaps meant: the only one of this last word, or the nearest."""
    last = [leaf for leaf in leaves if leaf.rpartition(".")[2] == key]
    return last[0] if len(last) == 1 else nearest(key, leaves)


def _leaves(above: tuple[str, ...]) -> Iterator[str]:
    """Yield every setting by its dotted key, sections left out."""
    for key in child_keys(Settings, above):
        below = (*above, key)
        if below == ("disturbances",) or not child_keys(Settings, below):
            yield ".".join(below)
        else:
            yield from _leaves(below)


def _entry(
    document: Document, base: Settings, key: str, turned: Turned
) -> tuple[Entry, list[Problem]]:
    """Return a setting of the space, and which of its values it does not take."""
    values = turned.written()
    problems: list[Problem] = []
    meant: list[object] = []
    for value, loc in zip(values, _places(document, key, turned), strict=True):
        found, wrong = read_as(base, key, value)
        if wrong is not None:
            told = document.problem(loc, wrong.what, allowed=wrong.allowed, nearest=wrong.nearest)
            problems.append(told)
        elif turned.values is not None and found in meant:
            problems.append(document.problem(loc, "given twice", allowed="each value once"))
        meant.append(found)
    return Entry(key=key, turned=turned, values=values, meant=tuple(meant)), problems


def _places(document: Document, key: str, turned: Turned) -> Iterator[Loc]:
    """Yield where each value was written; of what a range writes out, its upper end."""
    loc: Loc = ("space", key)
    if turned.values is not None:
        above = loc if isinstance(document.data["space"][key], list) else (*loc, "values")
        yield from ((*above, index) for index in range(len(turned.values)))
    else:
        yield (*loc, "from")
        yield from ((*loc, "to") for _ in turned.written()[1:])


def read_as(base: Settings, key: str, value: Value) -> tuple[object, Problem | None]:
    """Return what a value is to a setting, and None; or why the setting does not take it.

    What its section says of it beside others is the matter of a point.
    """
    settings, problems = validate(Settings, Laid(data=laid(base, ((key, value),))))
    below = (f"{key}[", f"{key}.")
    own = [each for each in problems if each.key == key or each.key.startswith(below)]
    if own:
        return None, own[0]
    return _typed(value if settings is None else setting_at(settings, key)), None


def _typed(value: object) -> object:
    """Return a value so that it equals no other one: `true` is not 1."""
    return type(value).__name__, value
