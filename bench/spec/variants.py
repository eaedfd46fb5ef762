"""The variants of a config file: its base with each variant's differences laid over it.

A setting may be written nested (`pull: {batch: 1}`) or dotted (`pull.batch: 1`). Every resolved
setting remembers the line it comes from, so a problem points at the override that caused it.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Any

from bench.core.errors import Problem
from bench.core.ids import is_name
from bench.spec.objection import Objection
from bench.spec.yaml_tree import Document, Loc

MAX_VARIANTS = 200
"""Of a config, named or by axes. A run of more would take weeks; a mistyped axis is likelier."""

NAME_WORDS = "up to 80 of a-z, 0-9, '.', '_', '-', '=' and '+', a letter or digit first"


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """One setting as it was written.

    Attributes:
        value: as YAML reads it.
        loc: where in the config file.
    """

    value: object
    loc: Loc


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One variant before it is validated; a `Source` of problems.

    Attributes:
        name: of the variant.
        document: the config file.
        loc: of the variant itself, for what no single setting is to blame.
        overrides: dotted key, split -> the setting that holds.
    """

    name: str
    document: Document
    loc: Loc
    overrides: Mapping[tuple[str, ...], Override]

    @property
    def data(self) -> dict[str, Any]:
        """The settings, nested."""
        tree: dict[str, Any] = {}
        for key, override in self.overrides.items():
            node = tree
            for part in key[:-1]:
                node = node.setdefault(part, {})
            node[key[-1]] = override.value
        return tree

    def problem(self, loc: Loc, what: str, *, allowed: str = "", nearest: str = "") -> Problem:
        """Return a problem with the setting at `loc`, at the line that wrote it."""
        return self.document.problem(self._written_at(loc), what, allowed=allowed, nearest=nearest)

    def objection(self, objection: Objection) -> Problem:
        """Return a problem at the setting that this variant brings into the conflict."""
        keys = [tuple(key.split(".")) for key in (objection.key, *objection.against)]
        written = [key for key in keys if key in self.overrides]
        own = [key for key in written if self.overrides[key].loc[0] != "base"]
        loc = next(iter(own + written), ())
        return self.problem(loc, objection.what, allowed=objection.allowed)

    def _written_at(self, loc: Loc) -> Loc:
        if not loc:
            return self.loc
        for key, override in self.overrides.items():
            if key == loc[: len(key)]:  # the setting itself, or an item of its list
                return (*override.loc, *loc[len(key) :])
        for key, override in self.overrides.items():
            if key[: len(loc)] == loc:
                return override.loc
        return self.loc


def read_variants(document: Document) -> tuple[list[Variant], list[Problem]]:
    """Return the variants of a config file, and what keeps others from being read."""
    data = document.data
    if ("variants" in data) == ("axes" in data):
        what = "both variants and axes" if "variants" in data else "neither variants nor axes"
        return [], [document.problem((), what, allowed="one of them")]
    base, problems = _overrides(document, ("base",))
    read = _from_axes if "axes" in data else _from_names
    variants, more = read(document, base)
    problems += more
    for variant in variants:
        if not is_name(variant.name):
            what = f"'{variant.name}' cannot name a variant"
            problems.append(document.problem(variant.loc, what, allowed=NAME_WORDS))
    return variants, problems


def _from_names(
    document: Document, base: Mapping[tuple[str, ...], Override]
) -> tuple[list[Variant], list[Problem]]:
    names = document.data["variants"]
    if not isinstance(names, dict):
        return [], []  # the model of the file says so
    if not names:
        return [], [document.problem(("variants",), "is empty", allowed="at least one variant")]
    if len(names) > MAX_VARIANTS:
        return [], [_too_many(document, "variants", len(names))]
    variants, problems = [], []
    for name in names:
        loc = ("variants", name)
        own, more = _overrides(document, loc)
        problems += more
        overrides = _laid_over(base, own)
        variants.append(Variant(name=name, document=document, loc=loc, overrides=overrides))
    return variants, problems


def _from_axes(
    document: Document, base: Mapping[tuple[str, ...], Override]
) -> tuple[list[Variant], list[Problem]]:
    axes = document.data["axes"]
    if not isinstance(axes, dict):
        return [], []
    problems = list(_axis_problems(document, axes))
    if problems:
        return [], problems
    locs = [[("axes", key, index) for index in range(len(axes[key]))] for key in axes]
    variants: dict[str, Variant] = {}
    for combination in product(*locs):
        own = {
            tuple(key.split(".")): Override(value=axes[key][i], loc=("axes", key, i))
            for _, key, i in combination
        }
        name = _combination_name(document, combination)
        if name in variants:
            what = f"gives the name '{name}' twice"
            problems.append(document.problem(combination[-1], what, allowed="each value once"))
        overrides = _laid_over(base, own)
        variants[name] = Variant(name=name, document=document, loc=("axes",), overrides=overrides)
    return list(variants.values()), problems


def _axis_problems(document: Document, axes: Mapping[str, object]) -> Iterator[Problem]:
    if not axes:
        yield document.problem(("axes",), "is empty", allowed="at least one axis")
    counts = []
    for key, values in axes.items():
        if not isinstance(values, list):
            yield document.problem(("axes", key), "must be a list", allowed="[...]")
        elif not values:
            yield document.problem(("axes", key), "is empty", allowed="at least one value")
        else:
            counts.append(len(values))
    if prod(counts) > MAX_VARIANTS:
        yield _too_many(document, "axes", prod(counts))


def _too_many(document: Document, key: str, variants: int) -> Problem:
    what = f"makes {variants} variants"
    return document.problem((key,), what, allowed=f"up to {MAX_VARIANTS}")


def _combination_name(document: Document, combination: tuple[tuple[str, str, int], ...]) -> str:
    lasts = [key.rpartition(".")[2] for _, key, _ in combination]
    parts = []
    for loc, last in zip(combination, lasts, strict=True):
        key = last if lasts.count(last) == 1 else loc[1]
        value = document.data["axes"][loc[1]][loc[2]]
        text = "-".join(map(str, value)) if isinstance(value, list) else document.written[loc]
        parts.append(f"{key}={text}")
    return re.sub(r"[^a-z0-9._=+-]+", "-", "+".join(parts).lower().replace("'", ""))


def _overrides(
    document: Document, loc: Loc
) -> tuple[dict[tuple[str, ...], Override], list[Problem]]:
    content: object = document.data
    for part in loc:
        content = content.get(part) if isinstance(content, dict) else None
    if not isinstance(content, dict):
        return {}, []  # absent, or the model of the file says what is wrong
    found: dict[tuple[str, ...], Override] = {}
    problems: list[Problem] = []
    for key, override in _leaves(content, (), loc):
        first = next((other for other in found if _overlap(key, other)), None)
        if first is None:
            found[key] = override
        else:
            what = f"given twice, first in line {document.line(found[first].loc)}"
            problems.append(document.problem(override.loc, what))
    return found, problems


def _leaves(
    content: object, key: tuple[str, ...], loc: Loc
) -> Iterator[tuple[tuple[str, ...], Override]]:
    if not isinstance(content, dict):
        yield key, Override(value=content, loc=loc)
        return
    for part, value in content.items():
        yield from _leaves(value, (*key, *part.split(".")), (*loc, part))


def _laid_over(
    base: Mapping[tuple[str, ...], Override], own: Mapping[tuple[str, ...], Override]
) -> dict[tuple[str, ...], Override]:
    kept = {
        key: override
        for key, override in base.items()
        if not any(_overlap(key, other) for other in own)
    }
    return kept | dict(own)


def _overlap(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    shared = min(len(one), len(other))
    return one[:shared] == other[:shared]
