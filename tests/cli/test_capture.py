"""`jetbench capture`: what is asked for is checked before anything is connected to."""

from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from bench.cli import capture
from bench.cli.verbs import app
from bench.core.errors import BenchError, ExitCode
from bench.spec.traces import Trace

SERVER = ("--server", "nats://127.0.0.1:9")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("ORDERS", "--out", "t.npz"), "allowed: --server URL, or --context NAME"),
        (("a.b", "--out", "t.npz", *SERVER), "cannot name a stream"),
        (("A", "--out", "t.npz", "--for", "60", *SERVER), "--for 60"),
        (("A", "--out", "t.npz", "--for", "0s", *SERVER), "no time at all"),
        (("A", "--out", "t.npz", "--filter", "a b", *SERVER), "--filter"),
        (("A", "--out", "mine", *SERVER), "is there already and stays as it is"),
    ],
)
def test_wrong_words_are_told(
    words: tuple[str, ...], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And nothing is written."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine").write_text("mine")

    result = CliRunner().invoke(app, ["capture", *words])

    assert isinstance(result.exception, BenchError), result.output
    assert result.exception.exit_code is ExitCode.USAGE
    assert said in str(result.exception)
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


@pytest.mark.parametrize("gone", [0, 3])
def test_a_trace_that_lacks_messages_says_so(
    gone: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What plays it would offer less than there was."""
    once = np.array([0, 5], dtype=np.int64)
    trace = Trace(gap_ns=once, size_bytes=once, subject_index=once * 0, subjects=("a",))

    capture._keep(tmp_path / "t.npz", trace, gone)

    said = capsys.readouterr()
    assert "2 messages on 1 subject" in said.out
    assert ("3 messages more were stored" in said.err) is bool(gone)
