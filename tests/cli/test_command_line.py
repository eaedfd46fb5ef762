"""What is recorded of a command."""

import pytest

from bench.cli.typed import command_line


@pytest.mark.parametrize(
    ("words", "recorded"),
    [
        (["run", "--server", "nats://h:1"], "jetbench run --server nats://h:1"),
        (["run", "--server", "nats://b:S3cret@h"], "jetbench run --server 'nats://***@h'"),
        (["run", "--server=nats://S3cret@h"], "jetbench run '--server=nats://***@h'"),
        (
            ["run", "--server", "nats://b:S3cret@h,nats://c:S3cret@i"],
            "jetbench run --server 'nats://***@i'",
        ),
        (["run", "--server", "nats://b:S3cret"], "jetbench run --server '***'"),
        (["run", "--server=nats://b:12?S3cret@h"], "jetbench run '--server=***'"),
        (["run", "--out", "a dir"], "jetbench run --out 'a dir'"),
    ],
)
def test_a_command_is_recorded_without_its_secrets(
    monkeypatch: pytest.MonkeyPatch, words: list[str], recorded: str
) -> None:
    """It goes into environment.json, and from there into every report that is passed on."""
    monkeypatch.setattr("sys.argv", ["jetbench", *words])

    assert command_line() == recorded
