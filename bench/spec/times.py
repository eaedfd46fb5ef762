"""Files of measured times, one a line: read where a workload names them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

from bench.core.errors import Problem
from bench.core.units import format_duration, parse_duration_ns
from bench.spec.lookup import shown
from bench.spec.problems import split_allowed
from bench.spec.yaml_tree import Document, Loc

MOST_TIMES = 2000
"""Of a longer file as many quantiles are kept: a record holds its workload."""

_WRONG_LINES = 5
"""Told of one file; what follows is mostly of one kind."""

_NONE = ("0s",)
"""In place of what cannot be read, so that nothing else is told of it."""

_EXAMPLE = "a file with a duration on each line, such as 12.5ms"


def with_times(document: Document, beside: Path) -> tuple[Document, list[Problem]]:
    """Return a workload with the times of its files in place; as it is where it names none.

    Args:
        document: as written.
        beside: directory that their paths are relative to.
    """
    reader = _Reader(document, beside)
    data = {key: reader.filled(value, (key,)) for key, value in document.data.items()}
    return replace(document, data=data), reader.problems


class _Reader:
    """Goes through a workload for the times that it keeps in files."""

    def __init__(self, document: Document, beside: Path) -> None:
        self._document = document
        self._beside = beside
        self.problems: list[Problem] = []

    def filled(self, value: object, loc: Loc) -> object:
        """Return a part of the workload, with the times of each handler that names a file."""
        if isinstance(value, list):
            return [self.filled(each, (*loc, place)) for place, each in enumerate(value)]
        if not isinstance(value, Mapping):
            return value
        named = loc[-2:] == ("handler", "time") and isinstance(value.get("file"), str)
        if named and "times" not in value:  # a record has them: it needs no file any more
            return {**value, "times": self._times(value["file"], (*loc, "file"))}
        return {key: self.filled(each, (*loc, key)) for key, each in value.items()}

    def _times(self, file: str, loc: Loc) -> Sequence[str]:
        path = self._beside / file
        try:
            lines = path.read_text("utf-8").splitlines()
        except (OSError, ValueError) as error:
            what = f"cannot be read: {getattr(error, 'strerror', None) or 'not a text'}"
            self.problems.append(self._document.problem(loc, what, allowed=_EXAMPLE))
            return _NONE
        wrong = list(islice(_wrong(lines, shown(path)), _WRONG_LINES))
        self.problems += wrong
        times_ns = [] if wrong else sorted(parse_duration_ns(text) for _, text in _said(lines))
        if not (times_ns or wrong):
            self.problems.append(self._document.problem(loc, "holds no time", allowed=_EXAMPLE))
        return [format_duration(each) for each in _quantiles(times_ns)] or _NONE


def _said(lines: list[str]) -> Iterator[tuple[int, str]]:
    """Yield what each line says and its number; comments and empty lines say nothing."""
    for number, line in enumerate(lines, start=1):
        if text := line.partition("#")[0].strip():
            yield number, text


def _wrong(lines: list[str], file: str) -> Iterator[Problem]:
    for number, text in _said(lines):
        try:
            parse_duration_ns(text)
        except ValueError as error:
            what, allowed = split_allowed(str(error))
            yield Problem(
                file=file, line=number, key="time", value=text[:40], what=what, allowed=allowed
            )


def _quantiles(times_ns: list[int]) -> list[int]:
    """Return all, or evenly spaced ones of many, the shortest and the longest among them."""
    if len(times_ns) <= MOST_TIMES:
        return times_ns
    step = (len(times_ns) - 1) / (MOST_TIMES - 1)
    return [times_ns[round(place * step)] for place in range(MOST_TIMES)]
