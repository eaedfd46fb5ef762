"""`--help` teaches: every option stands there whole, on the narrowest of usual terminals."""

import subprocess
import sys

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from bench.cli.verbs import app

VERBS = sorted(getattr(get_command(app), "commands"))  # noqa: B009 - click's, and untyped


def shown(*words: str) -> str:
    result = CliRunner().invoke(app, [*words, "--help"], env={"COLUMNS": "80", "NO_COLOR": "1"})
    assert result.exit_code == 0
    return result.output


def test_the_verbs_are_all_named() -> None:
    """Who does not know a verb cannot ask for its help."""
    text = shown()

    assert all(f" {verb} " in text for verb in VERBS)


@pytest.mark.parametrize("verb", VERBS)
def test_no_option_is_cut_short(verb: str) -> None:
    """`--baseline-server…` cannot be typed."""
    names = [
        name
        for parameter in get_command(app).commands[verb].params  # type: ignore[attr-defined]
        for name in parameter.opts
        if name.startswith("--")
    ]
    text = shown(verb)

    hidden = {"--scale"}
    assert [name for name in names if name not in hidden and f"{name} " not in text] == []


def test_a_verb_alone_reads_nothing_of_the_others() -> None:
    """`jetbench report` need not wait for what measures."""
    ran = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys\n"
            "from bench.cli.verbs import app_of\n"
            "app_of(['report'])\n"
            "print([m for m in sys.modules if m.startswith(('bench.runner', 'bench.engine'))])",
        ],
        check=True,
        capture_output=True,
        text=True,
    )

    assert ran.stdout.strip() == "[]"
