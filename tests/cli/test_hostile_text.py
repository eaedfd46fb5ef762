"""Text that others wrote: shown as it stands, never read as markup, never a terminal's command."""

import io
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from rich.live import Live
from typer.testing import CliRunner

from bench.cli.console import PlainConsole
from bench.cli.live import LiveView
from bench.cli.verbs import app
from tests.analysis import runs
from tests.cli import broken_run
from tests.cli.test_broken_records import RUN, TRIAL, VERBS, ended
from tests.parts import cast

HOSTILE = "[bold]x[/nope] :smile: \x1b[31mred\x9b2J \u202eback\nnext"
SPELLED = "[bold]x[/nope] :smile: \\x1b[31mred\\x9b2J \\u202eback"
LEFT_ALONE = ("\x1b", "\x9b", "\u202e", "😄")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run in whose records every free text is hostile."""
    directory = tmp_path_factory.mktemp("hostile")
    broken_run.make(directory)
    for path in (directory / RUN).rglob("*.json"):
        path.write_text(json.dumps(_hostile(json.loads(path.read_text()))))
    return directory


_FREE = {
    "question", "label", "host", "server", "server_version", "client", "client_version", "command",
    "text", "code", "role", "cpu_model", "sentence", "description", "reason", "gates_file",
}  # fmt: skip


def _hostile(value: Any, key: str = "") -> Any:
    if key == "cast":  # has names alone; others are refused (tests/record/test_casts.py)
        return value
    if isinstance(value, dict):
        return {name: _hostile(each, name) for name, each in value.items()}
    if isinstance(value, list):
        return [_hostile(each) for each in value]
    # In settings `client` is one of two words.
    return HOSTILE if key in _FREE and value not in {"wire", "nats-py"} else value


@pytest.mark.parametrize("words", [*VERBS, ("gate", "one", "--rules", "[/nope].yaml")])
@pytest.mark.parametrize("columns", ["80", "400"])
def test_no_verb_reads_text_as_markup_or_hands_it_to_the_terminal(
    written: Path, tmp_path: Path, words: tuple[str, ...], columns: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """`[/nope]` in a question ended `list` with a traceback, and `[bold]` was gone from it."""
    shutil.copytree(written, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", columns)
    result = CliRunner().invoke(app, list(words))

    assert ended(result) in {0, 2, 3, 4}
    if words[0] != "export":  # data, for other programs
        assert not any(each in result.output for each in LEFT_ALONE)


@pytest.mark.parametrize("words", [("list",), ("show", "one"), ("show", "one", "1")])
def test_hostile_text_is_shown_as_it_stands(
    written: Path, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever wrote `[bold]` into a question finds it there."""
    monkeypatch.chdir(written)
    monkeypatch.setenv("COLUMNS", "1000")

    assert "[bold]x[/nope] :smile: \\x1b[31m" in CliRunner().invoke(app, list(words)).output


def test_the_picture_of_a_running_trial_holds_no_markup() -> None:
    """The cell's name comes from files."""
    console = PlainConsole(file=io.StringIO(), width=300, markup=False, emoji=False)
    view = LiveView()
    view.begin(HOSTILE.replace("\n", " "), runs.cell("old").workload, cast())

    with Live(view, console=console):
        pass

    assert SPELLED in console.file.getvalue()  # type: ignore[attr-defined]


def test_a_trial_of_a_hostile_name_is_asked_for_in_words(
    written: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the user typed comes back in the error, and as it was typed."""
    monkeypatch.chdir(written)
    result = CliRunner().invoke(app, ["show", "one", "[/nope]"])

    assert "no trial '[/nope]'" in str(result.exception)
    assert TRIAL.name.startswith("001")
