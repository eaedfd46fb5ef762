"""`make mutants` takes hours and is no part of CI; what it excuses and leaves out is held here."""

from pathlib import Path

from tests.truth.mutants import EXCUSED, excuses, forget_what_is_gone, told_by_words

ROOT = Path(__file__).parents[2]


def source_of(function: str) -> str:
    """The module of a function, with every run of spaces as one."""
    parts = function.split(".")
    files = [ROOT.joinpath(*parts[:stop]).with_suffix(".py") for stop in range(len(parts))]
    (found,) = [file for file in files if file.is_file()]
    return " ".join(found.read_text().split())


def test_what_is_excused_still_stands_in_the_code() -> None:
    """An excuse for a line that is gone would excuse whatever is written there next."""
    found = excuses(EXCUSED.read_text().splitlines())

    assert found
    gone = [change for change in found if " ".join(change[1].split()) not in source_of(change[0])]
    assert gone == []
    assert all(found.values()), "an excuse without a reason"


def test_an_excuse_is_for_one_change_of_one_function() -> None:
    """Not for whatever else mutmut does to that line."""
    lines = ["bench.a.f", "- x < 1", "+ x <= 1", "why: none", "- x < 1", "+", "why: two", ""]

    assert excuses(lines) == {
        ("bench.a.f", "x < 1", "x <= 1"): "none",
        ("bench.a.f", "x < 1", ""): "two",
    }


def test_only_a_change_between_quotes_is_one_of_words() -> None:
    """None for a whole text, or another number in it, is a fault that a test must notice."""
    before = 'def f_orig(x):\n    return f"at most {x + 1} of " + "all"'

    assert told_by_words(before, before.replace("at most", "XXat mostXX").replace("orig", "1"))
    assert not told_by_words(before, before.replace('"all"', "None"))
    assert not told_by_words(before, before.replace("x + 1", "x + 2"))


def test_a_module_that_is_gone_leaves_no_copy_to_fail(tmp_path: Path) -> None:
    """After a module is moved `make mutants` would end before the first test."""
    project, copies = tmp_path, tmp_path / "mutants"
    for place in ("bench/kept.py", "mutants/bench/kept.py", "mutants/bench/gone.py"):
        for part in ("", ".meta"):
            path = tmp_path / f"{place}{part}"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()

    forget_what_is_gone(copies, project)

    assert [path.name for path in sorted((copies / "bench").iterdir())] == [
        "kept.py",
        "kept.py.meta",
    ]
