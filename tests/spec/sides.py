"""Which rules there are, and which sides of each tests come to: a plugin that notes answers.

A rule is a function that objects to settings, or tells what limits a consumer. Each `if` in it has
two sides: what it says, and that it says nothing. Modules with rules are compiled so that each of
their questions notes its answer, and each thing that they say that it was said: to follow lines
instead would take longer than the tests themselves.
"""

import ast
import json
import sys
from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass
from functools import cache, partial
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType
from typing import Any, Literal, TypeGuard

import pytest

ROOT = Path(__file__).parents[2]
OF_CONSUMERS = ("diagnosis", "living", "keeping", "company", "copied")
"""Modules of the analysis that tell what limits a consumer."""

TABLES = ("bench/spec/**/*.py", *(f"bench/analysis/{name}.py" for name in OF_CONSUMERS))
"""Where rules stand."""

SAYS = frozenset({"Objection", "Held", "_told"})
"""What a rule calls to say something."""

Side = tuple[str, int, Literal["yes", "no", "says"]]
"""A file, a line of it, and what was answered or done there."""

_ASKS, _TELLS = "__asks__", "__tells__"
"""What notes an answer, and that something was said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A function that says something.

    Attributes:
        file: as written from the repository's root.
        name: of the function.
        says: lines in which it says something.
        asks: lines in which it asks.
    """

    file: str
    name: str
    says: tuple[int, ...]
    asks: tuple[int, ...]

    def unseen(self, sides: Set[Side]) -> Iterator[str]:
        """Yield what was not seen of it, in words."""
        for line in self.says:
            if (self.file, line, "says") not in sides:
                yield f"{self.file}:{line}: {self.name} never says this"
        for line in self.asks:
            for answer in ("yes", "no"):
                if (self.file, line, answer) not in sides:
                    yield f"{self.file}:{line}: {self.name} is never answered {answer}"


def rules_of(file: str, text: str) -> Iterator[Rule]:
    """Yield the rules of a module."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef) and (says := tuple(_said(node))):
            asks = tuple(each.test.lineno for each in ast.walk(node) if isinstance(each, ast.If))
            yield Rule(file=file, name=node.name, says=says, asks=asks)


def _said(function: ast.FunctionDef) -> Iterator[int]:
    return (node.lineno for node in ast.walk(function) if _says(node))


def _says(node: ast.AST) -> TypeGuard[ast.Call]:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in SAYS


@cache
def rules() -> tuple[Rule, ...]:
    """Return all rules that there are."""
    found = (path for pattern in TABLES for path in sorted(ROOT.glob(pattern)))
    return tuple(
        rule
        for path in found
        for rule in rules_of(path.relative_to(ROOT).as_posix(), path.read_text("utf-8"))
    )


class Noting(ast.NodeTransformer):
    """Has each question of a module note its answer, and what is said that it was."""

    def visit_If(self, node: ast.If) -> ast.AST:
        """`if x` is `if __asks__(line, x)`."""
        self.generic_visit(node)
        node.test = self._noted(_ASKS, node.test, node.test)
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """`Objection(x)` is `__tells__(line, Objection)(x)`."""
        self.generic_visit(node)
        if _says(node):
            node.func = self._noted(_TELLS, node, node.func)
        return node

    def _noted(self, by: str, at: ast.expr, what: ast.expr) -> ast.Call:
        line = ast.Constant(at.lineno)
        return ast.Call(func=ast.Name(by, ast.Load()), args=[line, what], keywords=[])


def noted(source: str) -> ast.Module:
    """Return a module whose questions note their answers."""
    whole: ast.Module = ast.fix_missing_locations(Noting().visit(ast.parse(source)))
    return whole


class Following(MetaPathFinder):
    """Notes the sides of rules that tests come to, and leaves them in a file.

    Attributes:
        sides: that were seen.
    """

    def __init__(self, path: Path) -> None:
        """Leave them at `path`, as JSON."""
        self._path = path
        self._files = {str(ROOT / rule.file): rule.file for rule in rules()}
        self.sides: set[Side] = set()

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: object = None
    ) -> ModuleSpec | None:
        """Return how a module with rules is read; None for others."""
        del target
        spec = PathFinder.find_spec(fullname, path) if fullname.startswith("bench.") else None
        file = self._files.get(str(spec.origin)) if spec is not None else None
        if spec is not None and file is not None:
            spec.loader = Loader(fullname, str(spec.origin), self.names(file))
            return spec
        return None

    def names(self, file: str) -> dict[str, Callable[[int, Any], Any]]:
        """Return what notes sides of a file, by its name there."""
        return {_ASKS: partial(self._asked, file), _TELLS: partial(self._told, file)}

    def _asked(self, file: str, line: int, answer: Any) -> Any:
        self.sides.add((file, line, "yes" if answer else "no"))
        return answer

    def _told(self, file: str, line: int, says: Any) -> Any:
        self.sides.add((file, line, "says"))
        return says

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave out what draws its settings: what it comes to, nobody chose to look at.

        What was seen until now tests came to as they were read, and chose nothing either.
        """
        chosen = [each for each in items if isinstance(each, pytest.Function)]
        items[:] = [each for each in chosen if not hasattr(each.obj, "hypothesis")]
        self.sides.clear()

    def pytest_sessionfinish(self) -> None:
        """Leave what was seen."""
        self._path.write_text(json.dumps(sorted(self.sides)), encoding="utf-8")


class Loader(SourceFileLoader):
    """Reads a module whose questions are noted; no compiled one, and leaves none behind."""

    def __init__(
        self, fullname: str, path: str, names: dict[str, Callable[[int, Any], Any]]
    ) -> None:
        """Read a module that knows these names besides its own."""
        super().__init__(fullname, path)
        self._names = names

    def get_code(self, fullname: str) -> CodeType:
        """Return its code."""
        source = self.get_data(self.path).decode()
        code: CodeType = compile(noted(source), self.path, "exec", dont_inherit=True)
        return code

    def exec_module(self, module: Any) -> None:
        """Fill it."""
        vars(module).update(self._names)
        super().exec_module(module)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take the file to which the sides go."""
    parser.addoption("--sides", type=Path, required=True)


def pytest_configure(config: pytest.Config) -> None:
    """Follow the tests of this session."""
    following = Following(config.getoption("--sides"))
    sys.meta_path.insert(0, following)
    config.pluginmanager.register(following)
