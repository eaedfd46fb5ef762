"""One module writes figures for people: bench.core.text, and bench.core.units below it."""

import re

from tests.house.files import ROOT, name

FORMATTED = re.compile(r"\{[^{}]*:[+]?(?:,[^{}]*|\.\d%|[^{}]*f\} %)")
"""Groups of three, or a percentage, as a format of Python's own."""

WRITERS = {"bench/core/text.py", "bench/core/units.py"}
NOT_FOR_PEOPLE = {"bench/draw/ticks.py"}
"""Of an axis, to six digits, so that neighbours differ. selfbench has tables of its own."""


def test_no_other_module_formats_groups_or_percentages() -> None:
    """`12,346` and `+13%` here, `12 346` and `+12.9 %` there, were the same figures."""
    files = [path for path in (ROOT / "bench").rglob("*.py") if "selfbench" not in path.parts]
    found = [
        f"{name(path)}:{number}: {line.strip()}"
        for path in sorted(files)
        if name(path) not in WRITERS | NOT_FOR_PEOPLE
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1)
        if FORMATTED.search(line) and "%{" not in line
    ]

    assert not found
