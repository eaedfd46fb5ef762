"""Which rules there are, and which sides of each tests come to: a plugin that follows their lines.

A rule is a function that objects to settings, or tells what limits a consumer. Each `if` in it has
two sides: what it says, and that it says nothing.
"""

import ast
import json
import sys
from collections.abc import Iterator, Set
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
OF_CONSUMERS = ("diagnosis", "living", "keeping", "company", "copied")
"""Modules of the analysis that tell what limits a consumer."""

TABLES = ("bench/spec/**/*.py", *(f"bench/analysis/{name}.py" for name in OF_CONSUMERS))
"""Where rules stand."""

SAYS = frozenset({"Objection", "Held", "_told"})
"""What a rule calls to say something."""

LEFT = -1
"""In the place of a line: the function was left, or waits to go on."""

Step = tuple[str, int, int]
"""A file, a line of it, and the line that came next."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A function that says something.

    Attributes:
        file: as written from the repository's root.
        name: of the function.
        says: lines in which it says something.
        forks: of each `if`, the lines in which it asks, and those of what follows a yes.
    """

    file: str
    name: str
    says: tuple[int, ...]
    forks: tuple[tuple[range, range], ...]

    def unseen(self, steps: Set[Step]) -> Iterator[str]:
        """Yield what was not seen of it, in words."""
        own = {step[1:] for step in steps if step[0] == self.file}
        for line in self.says:
            if line not in {after for _, after in own}:
                yield f"{self.file}:{line}: {self.name} never says this"
        for asked, yes in self.forks:
            then = {after for before, after in own if before in asked and after not in asked}
            if not any(after in yes for after in then):
                yield f"{self.file}:{asked.start}: {self.name} is never answered yes"
            if all(after in yes for after in then):
                yield f"{self.file}:{asked.start}: {self.name} is never answered no"


def rules_of(file: str, text: str) -> Iterator[Rule]:
    """Yield the rules of a module."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef) and (says := tuple(_said(node))):
            yield Rule(
                file=file,
                name=node.name,
                says=says,
                forks=tuple(_forks(node)),
            )


def _said(function: ast.FunctionDef) -> Iterator[int]:
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in SAYS:
            yield node.lineno


def _forks(function: ast.FunctionDef) -> Iterator[tuple[range, range]]:
    for node in ast.walk(function):
        if isinstance(node, ast.If):
            yield _lines(node.test, node.test), _lines(node.body[0], node.body[-1])


def _lines(first: ast.expr | ast.stmt, last: ast.expr | ast.stmt) -> range:
    return range(first.lineno, (last.end_lineno or last.lineno) + 1)


@cache
def rules() -> tuple[Rule, ...]:
    """Return all rules that there are."""
    found = (path for pattern in TABLES for path in sorted(ROOT.glob(pattern)))
    return tuple(
        rule
        for path in found
        for rule in rules_of(path.relative_to(ROOT).as_posix(), path.read_text("utf-8"))
    )


class Following:
    """Notes the steps of rules while tests run, and leaves them in a file."""

    def __init__(self, path: Path) -> None:
        """Leave them at `path`, as JSON."""
        self._path = path
        self._files = {str(ROOT / rule.file): rule.file for rule in rules()}
        self._steps: set[Step] = set()

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave out what draws its settings: what it comes to, nobody chose to look at."""
        chosen = [each for each in items if isinstance(each, pytest.Function)]
        items[:] = [each for each in chosen if not hasattr(each.obj, "hypothesis")]

    def pytest_runtestloop(self) -> None:
        """Follow from here on."""
        sys.settrace(self._entered)

    def pytest_sessionfinish(self) -> None:
        """Follow no more."""
        sys.settrace(None)
        self._path.write_text(json.dumps(sorted(self._steps)), encoding="utf-8")

    def _entered(self, frame: FrameType, _event: str, _arg: Any) -> Any:
        file = self._files.get(frame.f_code.co_filename)
        return None if file is None else self._through(file, frame.f_lineno)

    def _through(self, file: str, line: int) -> Any:
        before = line

        def step(frame: FrameType, event: str, _arg: Any) -> Any:
            nonlocal before
            after = LEFT if event == "return" else frame.f_lineno
            self._steps.add((file, before, after))
            before = after
            return step

        return step


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take the file to which the steps go."""
    parser.addoption("--steps", type=Path, required=True)


def pytest_configure(config: pytest.Config) -> None:
    """Follow the tests of this session."""
    config.pluginmanager.register(Following(config.getoption("--steps")))
