"""One module holds the marks of what was judged: bench.core.marks."""

from tests.house.files import ROOT, name

STATES_MARKS = "✓✔✕✗✘❌✅❔"
WRITERS = {"bench/core/marks.py", "bench/cli/encoding.py"}
"""The second has what stands in for each where an encoding lacks it."""


def test_no_other_module_writes_a_mark_of_its_own() -> None:
    """`✗` here and `✕` there, or `!` for what `✕` says elsewhere, were two marks for one state."""
    found = [
        f"{name(path)}:{number}: {line.strip()}"
        for path in sorted((ROOT / "bench").rglob("*.py"))
        if name(path) not in WRITERS
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1)
        if '"""' not in line and any(mark in line for mark in STATES_MARKS)
    ]

    assert not found
