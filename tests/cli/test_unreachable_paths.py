"""What may not be looked at, and names longer than any, are the user's to mend: 2, never 70."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bench.core.paths import there
from tests.cli import broken_run
from tests.cli.test_broken_records import jetbench, refused

LONG = "x" * 5000


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    broken_run.make(tmp_path)
    return tmp_path


def forbid(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Let nobody look at paths of this name: permissions would not keep a root from it."""
    for method in ("stat", "read_bytes"):
        really: Callable[..., object] = getattr(Path, method)

        def refuse(path: Path, *, really: Callable[..., object] = really, **how: bool) -> object:
            if name in path.parts:
                raise PermissionError(13, "Permission denied", str(path))
            return really(path, **how)

        monkeypatch.setattr(Path, method, refuse)


@pytest.mark.parametrize(
    "words",
    [
        ("show", LONG),
        ("plan", LONG),
        ("run", "quickstart", "--out", LONG),
        ("list", "--out", LONG),
        ("gate", "one", "--rules", LONG, "--baseline", "old"),
        ("validate", LONG),
    ],
)
def test_a_name_longer_than_any_is_a_wrong_word(words: tuple[str, ...]) -> None:
    """A pasted text where a name belongs was "a fault of jetbench's own"."""
    result = jetbench(*words)

    assert getattr(result.exception, "exit_code", result.exit_code) == 2


def test_a_workload_of_a_gate_file_may_be_named_by_anything() -> None:
    """`validate` looks whether the workload is there, and ended in a traceback."""
    rules = Path("gates.yaml")
    rules.write_text(f"gates: [lost == 0]\nworkloads:\n  '{LONG[:200]}':\n    - p99 < 1s\n")

    assert jetbench("validate", str(rules)).exception is None


def test_trials_that_may_not_be_looked_at_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are not missing: a run whose bad half is out of sight would look better."""
    forbid(monkeypatch, "trials")

    assert "001-old-b1/trial.json: cannot be read: Permission denied" in refused("show", "one")


def test_a_run_that_may_not_be_looked_at_is_listed_as_such(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One such directory kept `list` from showing the others."""
    broken_run.make(Path("other"))
    Path("other/results/one").rename("results/two")
    forbid(monkeypatch, "two")

    result = jetbench("list")

    assert result.exception is None
    assert "results/two/plan.json: cannot be read: Permission denied" in result.output
    assert "6/6" in result.output


def test_a_path_that_may_not_be_looked_at_may_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever reads it then says why it cannot be; "no such file" would be false."""
    forbid(monkeypatch, "results")

    assert there(Path("results/one"))
    assert not there(Path("nowhere"))
    assert not there(Path(LONG))


def test_what_is_no_regular_file_is_no_record() -> None:
    """A pipe kept every verb waiting for ever."""
    trial = Path("results/one/trials/001-old-b1/trial.json")
    trial.unlink()
    trial.mkdir()

    assert "trial.json: cannot be read: not a regular file" in refused("show", "one")
