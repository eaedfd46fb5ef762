"""How a process that was forked ends by its own will."""

import pytest

from bench.engine.forking import _code_of


@pytest.mark.parametrize(("said", "code"), [(None, 0), (0, 0), (7, 7), (True, 1), ("no", 1)])
def test_it_ends_as_python_would_end_it(said: object, code: int) -> None:
    assert _code_of(SystemExit(said)) == code


def test_words_in_place_of_an_exit_code_are_said(capsys: pytest.CaptureFixture[str]) -> None:
    """They are the reason that is told of it."""
    _code_of(SystemExit("no licence for this module"))

    assert capsys.readouterr().err == "no licence for this module\n"
