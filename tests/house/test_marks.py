"""One module holds the marks of what was judged: bench.core.marks."""

import ast
from collections.abc import Iterator

from tests.house.files import ROOT, name

MARKS = "✓✔✕✗✘❌✅❔"
WRITERS = {"bench/core/marks.py", "bench/cli/encoding.py"}
"""The second has what stands in for each where an encoding lacks it."""


def test_no_other_module_writes_a_mark_of_its_own() -> None:
    """`✗` here and `✕` there, or `!` for what `✕` says elsewhere, were two marks for one state."""
    found = [
        f"{name(path)}:{line}"
        for path in sorted((ROOT / "bench").rglob("*.py"))
        if name(path) not in WRITERS
        for line in marked_lines(path.read_text("utf-8"))
    ]

    assert not found


def test_a_mark_is_found_in_what_is_written_and_not_in_what_explains_it() -> None:
    """A docstring shows what a reader will see; a search that misses f-strings would see little."""
    source = '"""`✓ pass`."""\nword = "✓"\ndef f(x):\n    """`✕`."""\n    return f"✕ {x}"\n'

    assert list(marked_lines(source)) == [2, 5]


def marked_lines(source: str) -> Iterator[int]:
    """Yield the lines of the strings with a mark, less those that stand by themselves."""
    tree = ast.parse(source)
    explaining = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    constants = (node for node in ast.walk(tree) if isinstance(node, ast.Constant))
    for node in constants:
        if node not in explaining and any(mark in str(node.value) for mark in MARKS):
            yield node.lineno
