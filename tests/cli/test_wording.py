"""Wrong words on the command line are answered in plain words."""

import io
import sys

import pytest

from bench.cli.ending import code_of
from bench.cli.verbs import app

JARGON = ("Value error", "Input should", "unable to parse", "is not one of")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ("export", "--format", "xml"),
            "'--format': no such word as 'xml'; allowed: csv, json, parquet, openmetrics",
        ),
        (("export", "--format", "jsn"), "did you mean 'json'?"),
        (("show", "--message", "abc"), "'--message': 'abc': must be a whole number"),
        (("show", "--message", "1.5"), "'--message': '1.5': must be a whole number"),
        (("show", "--message", "-3"), "'--message': '-3': too small; allowed: 0 or more"),
        (("run", "--blocks", "101"), "'--blocks': '101': too large; allowed: up to 100"),
    ],
)
def test_a_wrong_word_is_answered_plainly(
    words: tuple[str, ...], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not in the words of the libraries that read the command line."""
    told = io.StringIO()
    monkeypatch.setattr(sys, "stderr", told)
    monkeypatch.setenv("COLUMNS", "200")

    assert code_of(lambda **how: app(list(words), **how), "jetbench") == 2

    assert said in told.getvalue()
    assert not [jargon for jargon in JARGON if jargon in told.getvalue()]
