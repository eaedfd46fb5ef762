"""Functions of users, and what is wrong with those that are none."""

import sys
from pathlib import Path

import pytest

from bench.core.called import load_function, source_of

MINE = "calls = []\n\ndef handle(message):\n    calls.append(message)\n\nLIMIT = 3\n"


def written(directory: Path, text: str, name: str = "called_mine") -> Path:
    (directory / f"{name}.py").write_text(text)
    return directory


def test_a_function_is_found_beside_the_file(tmp_path: Path) -> None:
    """And what its module does is kept."""
    path = list(sys.path)
    try:
        function = load_function("called_mine:handle", written(tmp_path, MINE))
        function("m")

        assert sys.modules["called_mine"].calls == ["m"]
    finally:
        sys.path[:] = path
        del sys.modules["called_mine"]


def test_a_look_leaves_nothing_behind(tmp_path: Path) -> None:
    """Two workloads in two directories may both have their `handlers.py`."""
    for place in ("a", "b"):
        (tmp_path / place).mkdir()
        text = MINE + f"# {place}\n"

        assert source_of("called_mine:handle", written(tmp_path / place, text)) == text.encode()

    assert "called_mine" not in sys.modules
    assert not [each for each in sys.path if each.startswith(str(tmp_path))]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("handle", MINE, "is no `module:function`"),
        ("called_mine:", MINE, "is no `module:function`"),
        ("../x:y", MINE, "is no `module:function`"),
        ("called_mine:handel", MINE, "has no handel; allowed: handle"),
        ("called_mine:LIMIT", MINE, "LIMIT of called_mine is no function"),
        ("called_other:handle", MINE, "cannot be imported: ModuleNotFoundError: No module named"),
        ("called_mine:handle", "import nowhere\n", "No module named 'nowhere' ("),
        ("called_mine:handle", "def (\n", "SyntaxError"),
        ("called_mine:handle", "\n1 / 0\n", "ZeroDivisionError: division by zero"),
        ("called_mine:handle", "raise SystemExit(3)\n", "SystemExit: 3"),
    ],
)
def test_what_is_no_function_is_told(tmp_path: Path, name: str, text: str, said: str) -> None:
    """Before anything runs; a module may even exit."""
    with pytest.raises(ValueError, match=r"^") as raised:
        source_of(name, written(tmp_path, text))

    assert said in str(raised.value)


def test_a_module_that_breaks_is_told_with_its_line(tmp_path: Path) -> None:
    """The user's line, not one of Python's own importing."""
    with pytest.raises(ValueError, match=r"called_mine\.py:2\)$"):
        source_of("called_mine:handle", written(tmp_path, "\n1 / 0\n"))
