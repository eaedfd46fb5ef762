"""Limits are tripwires: what outgrows them is split where a name appears (CONTRIBUTING.md)."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.house.files import name, sources

MAX_BODY_LINES = 60
MAX_FILE_LINES = 500

Function = ast.FunctionDef | ast.AsyncFunctionDef


def test_no_function_body_outgrows_a_screen() -> None:
    """A function that needs scrolling hides its one decision."""
    too_long = [
        f"{name(path)}:{function.lineno} {function.name}: {lines} lines"
        for path in sources()
        for function in functions(path.read_text(encoding="utf-8"))
        if (lines := body_lines(function)) > MAX_BODY_LINES
    ]

    assert not too_long


def test_no_file_outgrows_one_idea() -> None:
    """A module of many hundred lines holds more than the idea its head names."""
    too_long = [
        f"{name(path)}: {lines} lines"
        for path in sources()
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > MAX_FILE_LINES
    ]

    assert not too_long


def test_a_docstring_does_not_count_as_body() -> None:
    """Nobody should shorten an explanation to pass the limit."""
    source = (
        'def f(x):\n    """Say.\n\n    More.\n    """\n    y = (\n        x\n    )\n    return y\n'
    )

    (function,) = functions(source)

    assert body_lines(function) == 4


def test_a_method_within_a_class_is_measured_too() -> None:
    """The longest functions tend to be methods."""
    source = "class A:\n    async def f(self):\n        pass\n        pass\n"

    assert [body_lines(function) for function in functions(source)] == [2]


def test_the_rules_look_at_the_package_and_its_tests() -> None:
    """A wrong glob would let everything pass."""
    names = {name(path) for path in sources()}

    assert {"bench/core/units.py", name(Path(__file__))} <= names


def functions(source: str) -> Iterator[Function]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, Function):
            yield node


def body_lines(function: Function) -> int:
    """Count from the first statement after the docstring to the end, blank lines included."""
    statements = function.body[ast.get_docstring(function) is not None :]
    if not statements:
        return 0
    return (function.end_lineno or function.lineno) - statements[0].lineno + 1
