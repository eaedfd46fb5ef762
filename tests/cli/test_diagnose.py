"""`jetbench diagnose`: what is asked for is checked before anything is connected to."""

import pytest
from typer.testing import CliRunner

from bench.cli.verbs import app
from bench.core.errors import BenchError, ExitCode

SERVER = ("--server", "nats://127.0.0.1:9")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("ORDERS", "billing"), ["allowed: --server URL, or --context NAME"]),
        (("a.b", "c d", *SERVER), ["'a.b' cannot name a stream", "'c d' cannot name a consumer"]),
        (("A", "b", "--for", "60", *SERVER), ["--for 60"]),
        (("A", "b", "--for", "10ms", *SERVER), ["allowed: 1s to 1h"]),
    ],
)
def test_wrong_words_are_told_all_at_once(words: tuple[str, ...], said: list[str]) -> None:
    result = CliRunner().invoke(app, ["diagnose", *words])

    assert isinstance(result.exception, BenchError), result.output
    assert result.exception.exit_code is ExitCode.USAGE
    assert all(each in str(result.exception) for each in said)
