"""Two that measure into one run would write each other's trials over."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bench.core.errors import StorageError, UsageError
from bench.record.lock import LOCK_NAME, measuring

HOLD = """
import pathlib, sys
from bench.record.lock import measuring
with measuring(pathlib.Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def holder(directory: Path) -> "subprocess.Popen[str]":
    """A process that holds the directory until its standard input ends, or it is killed."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(directory)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_a_run_that_is_being_measured_is_refused_with_the_pid(tmp_path: Path) -> None:
    """Whoever is refused wants to know what to wait for, or to end."""
    other = holder(tmp_path)
    try:
        said = f"process {other.pid} measures"
        with pytest.raises(UsageError, match=said) as refused, measuring(tmp_path):
            pass
        assert refused.value.exit_code == 2
        assert (tmp_path / LOCK_NAME).exists()
    finally:
        other.communicate()


def test_a_killed_process_holds_nothing(tmp_path: Path) -> None:
    """The file that it leaves is no lock; nobody has to remove it by hand."""
    killed = holder(tmp_path)
    killed.kill()
    killed.communicate()
    assert (tmp_path / LOCK_NAME).exists()

    with measuring(tmp_path):
        assert (tmp_path / LOCK_NAME).read_text() == str(os.getpid())


@pytest.mark.parametrize("kept", [True, False])
def test_what_was_kept_stays_and_an_empty_directory_goes(tmp_path: Path, *, kept: bool) -> None:
    """A run that was refused by the server leaves no directory without a plan."""
    run = tmp_path / "results" / "run"

    with measuring(run):
        if kept:
            (run / "plan.json").write_text("{}")

    assert run.exists() is kept
    assert not (run / LOCK_NAME).exists()


def test_a_lock_whose_file_was_removed_meanwhile_is_taken_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its holder ended between our opening and our locking it: a third one would find no file."""
    really, path = os.open, tmp_path / LOCK_NAME
    opened: list[int] = []

    def open_first(name: Path, flags: int, mode: int) -> int:
        opened.append(really(name, flags, mode))
        if len(opened) == 1:
            path.unlink()
        return opened[-1]

    monkeypatch.setattr(os, "open", open_first)

    with measuring(tmp_path):
        assert len(opened) == 2
        assert path.read_text() == str(os.getpid())


def test_a_directory_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    """It lies below a file."""
    (tmp_path / "file").write_text("")

    said = "cannot be written: Not a directory"
    with pytest.raises(StorageError, match=said), measuring(tmp_path / "file" / "run"):
        pass
