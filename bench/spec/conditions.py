"""When settings of a space are turned: only while others have certain values of theirs."""

from collections.abc import Iterator, Mapping, Sequence

from bench.core.errors import Problem
from bench.core.words import alike, nearest
from bench.spec.ranged import amount
from bench.spec.space import Knob, Value, written
from bench.spec.turned import Entry, read_as
from bench.spec.variant import Settings
from bench.spec.yaml_tree import Document, Loc

Needed = dict[str, tuple[Value, ...]]
"""Key of a setting -> the values of it that are asked for."""


def conditioned(
    document: Document, entries: Sequence[Entry], base: Settings
) -> tuple[tuple[Knob, ...], list[Problem]]:
    """Return the knobs of a space, each behind those that its conditions are about.

    Args:
        document: of the tuning.
        entries: of its space, as far as they can be read.
        base: that points are laid over.

    Returns:
        The knobs, and what is wrong with conditions; knobs that wait for one another are missing.
    """
    by_key = {entry.key: entry for entry in entries}
    problems: list[Problem] = []
    knobs = {key: _knob(document, entry, by_key, base, problems) for key, entry in by_key.items()}
    ordered = _in_order(knobs)
    problems += _circles(document, {key: knobs[key] for key in knobs if key not in ordered})
    problems += _never(document, ordered)
    return tuple(ordered.values()), problems


def _knob(
    document: Document,
    entry: Entry,
    entries: Mapping[str, Entry],
    base: Settings,
    problems: list[Problem],
) -> Knob:
    when: Needed = {}
    keys = document.data["space"]
    for other, asked in entry.turned.when.items():
        loc: Loc = ("space", entry.key, "when", other)
        if other in entries:
            found, more = _among(document, loc, entries[other], asked, base)
            when |= {other: found} if found else {}
            problems += more
        elif other not in keys:
            what, near = "is not turned, so nothing can depend on it", nearest(other, keys)
            problems.append(document.problem(loc, what, allowed=", ".join(keys), nearest=near))
    amounts = [amount(value) for value in entry.values]
    return Knob(
        key=entry.key,
        values=entry.values,
        ordered=None not in amounts and amounts == sorted(amounts),  # type: ignore[type-var]
        when=tuple(when.items()),
    )


def _among(
    document: Document, loc: Loc, parent: Entry, asked: Sequence[Value], base: Settings
) -> tuple[tuple[Value, ...], list[Problem]]:
    """Return the values of a setting that a condition is about, as the setting has them."""
    found: list[Value] = []
    problems = []
    for index, value in enumerate(asked):
        meant, _ = read_as(base, parent.key, value)
        if meant in parent.meant:
            found.append(parent.values[parent.meant.index(meant)])
            continue
        at = (*loc, index) if (*loc, index) in document.written else loc
        words = [written(each) for each in parent.values]
        what = f"is no value of {parent.key} in this space"
        allowed = alike(str(value), words, f"space.{parent.key}")
        near = nearest(written(value), words)
        problems.append(document.problem(at, what, allowed=allowed, nearest=near))
    return tuple(found), problems


def _in_order(knobs: Mapping[str, Knob]) -> dict[str, Knob]:
    """Return the knobs as they stand, but each behind what it depends on; without circles."""
    placed: dict[str, Knob] = {}
    waiting = dict(knobs)
    while key := next((key for key, knob in waiting.items() if _parents(knob) <= {*placed}), None):
        placed[key] = waiting.pop(key)
    return placed


def _parents(knob: Knob) -> set[str]:
    return {key for key, _ in knob.when}


def _circles(document: Document, waiting: Mapping[str, Knob]) -> Iterator[Problem]:
    """Yield the conditions by which a setting waits for itself."""
    for key, knob in waiting.items():
        for parent in sorted(_parents(knob)):
            if key in _waited_for(parent, waiting):
                what = f"is turned only when {key} is, and {key} only when it is"
                if parent == key:
                    what = "is the setting itself"
                loc: Loc = ("space", key, "when", parent)
                yield document.problem(loc, what, allowed="conditions that go one way")


def _waited_for(key: str, waiting: Mapping[str, Knob]) -> set[str]:
    """Return a setting and all that it waits for."""
    found, ahead = set[str](), [key]
    while ahead:
        each = ahead.pop()
        if each in waiting and each not in found:
            found.add(each)
            ahead += _parents(waiting[each])
    return found


def _never(document: Document, ordered: Mapping[str, Knob]) -> Iterator[Problem]:
    """Yield the conditions that cannot hold together with those of what they are about."""
    needed: dict[str, Needed] = {}
    for key, knob in ordered.items():
        asked: Needed = {}
        for other, values in knob.when:
            for each in ({other: values}, needed[other]):
                asked = _both(asked, each)
        empty = [other for other, values in asked.items() if not values]
        for other in empty:
            what = f"can never hold: all that it depends on leaves no value of {other}"
            allowed = "conditions that hold together"
            yield document.problem(("space", key, "when"), what, allowed=allowed)
        needed[key] = {} if empty else asked


def _both(one: Needed, other: Needed) -> Needed:
    shared = {
        key: tuple(value for value in values if value in other.get(key, values))
        for key, values in one.items()
    }
    return other | shared
