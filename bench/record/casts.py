"""What a cast on disk must be: whoever reads figures goes by its names, and writes them.

It is bounded first: parts are looked up one by one.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from bench.record.reading import Fault, Loc
from bench.spec.cast import PART_NAME, Cast, Part, Side, instants, spans

MOST_PARTS = 128
MOST_OF_A_PART = 64
_NAME = re.compile(r"[a-z_]{1,40}")
_ROLE = re.compile(rf"({PART_NAME.pattern}\.)?[a-z_]{{1,40}}")
_MOST_CHARS = 200


def cast_faults(found: Cast) -> Iterator[Fault]:
    """Yield what a cast names and does not have, and names that nobody could write.

    What comes first is told first; later faults can be looked for only without it.
    """
    faults = list(_sizes(found)) or list(_names(found)) or list(_flows(found))
    yield from faults or (*_references(found), *_asked(found))


def _sizes(found: Cast) -> Iterator[Fault]:
    if not 1 <= len(found.parts) <= MOST_PARTS:
        yield Fault(loc=("cast", "parts"), what=f"not 1 to {MOST_PARTS} parts")
        return
    for loc, part in _located(found):
        told = {
            "instants": part.instants,
            "spans": part.spans,
            "levels": part.levels,
            "entries": part.entries,
        }
        for key, each in told.items():
            if len(each) > MOST_OF_A_PART:
                yield Fault(loc=(*loc, key), what=f"more than {MOST_OF_A_PART}")
        if not part.own:
            yield Fault(loc=(*loc, "instants"), what="none")


def _names(found: Cast) -> Iterator[Fault]:
    for loc, part in _located(found):
        of_each = (
            (PART_NAME, (part.name, part.flow)),
            (_ROLE, (part.role,)),
            (_NAME, tuple(_written(part))),
        )
        for pattern, names in of_each:
            for name in names:
                if not pattern.fullmatch(name):
                    yield Fault(loc=loc, what=f"{name[:60]!r} is no name: a to z and _, at most 40")
        for text in _prose(part):
            if len(text) > _MOST_CHARS or not text.isprintable():
                yield Fault(loc=loc, what=f"{text[:60]!r} is no line of text")
        for each in (part.instants, part.spans, part.levels, part.entries):
            yield from _twice(loc, (one.name for one in each))
    yield from _twice(("cast", "parts"), (part.name for part in found.parts))


def _written(part: Part) -> Iterator[str]:
    """Yield all that a part names."""
    for instant in part.instants:
        yield from (instant.name, instant.entry)
    for span in part.spans:
        yield from (span.name, span.begin, span.end, span.due or span.begin)
    for level in part.levels:
        yield from (level.name, level.came, level.left)
    for entry in part.entries:
        yield from (entry.name, *entry.at_most)


def _prose(part: Part) -> Iterator[str]:
    yield from (level.words for level in part.levels)
    yield from (entry.means for entry in part.entries)
    yield part.noun


def _twice(loc: Loc, names: Iterable[str]) -> Iterator[Fault]:
    for name, count in Counter(names).items():
        if count > 1:
            yield Fault(loc=loc, what=f"two are called {name!r}")


def _flows(found: Cast) -> Iterator[Fault]:
    """Yield where nobody drives what a part is about, or nobody could tell when it was due."""
    driving = {part.name for part in found.parts if part.side is Side.DRIVES}
    for loc, part in _located(found):
        own = part.side is Side.DRIVES
        if part.flow not in driving or (part.flow == part.name) is not own:
            yield Fault(loc=(*loc, "flow"), what=f"{part.flow!r} is not what it is about")
        due = [place for place, instant in enumerate(part.instants) if instant.due]
        if due not in ([0], []) or (own and not due):
            yield Fault(loc=(*loc, "instants"), what="not the first alone is when it was due")


def _references(found: Cast) -> Iterator[Fault]:
    """Yield where a part names an instant or an entry that it and its flow do not have."""
    for loc, part in _located(found):
        reached = (part, found.part(part.flow))
        had = {each.name for one in reached for each in one.instants}
        counted = {each.name for one in reached for each in one.entries}
        ends = {e for span in part.spans for e in (span.begin, span.end, span.due or span.end)}
        ends |= {end for level in part.levels for end in (level.came, level.left)}
        counts = {each.entry for each in part.instants}
        counts |= {most for each in part.entries for most in each.at_most}
        for name in sorted((ends - had) | (counts - counted)):
            yield Fault(loc=loc, what=f"it has no {name!r}")


def _asked(found: Cast) -> Iterator[Fault]:
    if not found.ranked or not {*found.ranked} <= {*spans(found)}:
        yield Fault(loc=("cast", "ranked"), what="none, or not among its times")
    if found.done not in instants(found):
        yield Fault(loc=("cast", "done"), what=f"{found.done[:60]!r} is none of its instants")


def _located(found: Cast) -> Iterator[tuple[Loc, Part]]:
    for index, part in enumerate(found.parts):
        yield ("cast", "parts", index), part
