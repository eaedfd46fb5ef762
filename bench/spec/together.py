"""Telling all that is wrong at once: go on after a problem, and raise them together."""

from collections.abc import Callable, Iterable
from typing import ParamSpec, TypeVar

from bench.core.errors import Problem, SpecError

P = ParamSpec("P")
T = TypeVar("T")


def attempt(
    problems: list[Problem], load: Callable[P, T], *of: P.args, **by_name: P.kwargs
) -> T | None:
    """Return what was loaded; None when it could not be, with the reasons added to `problems`."""
    try:
        return load(*of, **by_name)
    except SpecError as error:
        problems += error.problems
        return None


def raise_any(problems: Iterable[Problem]) -> None:
    """Raise SpecError with all problems, each once, file by file in the order of lines."""
    found = list(dict.fromkeys(problems))
    if found:
        files = list(dict.fromkeys(problem.file for problem in found))
        raise SpecError(
            sorted(found, key=lambda problem: (files.index(problem.file), problem.line))
        )
