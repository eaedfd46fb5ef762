"""How commands end: 1 is a verdict's alone, whatever the output is and whatever goes wrong."""

import io
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
import typer

from bench.cli import main, verbs
from bench.cli.encoding import in_ascii
from bench.cli.ending import Verbs, code_of
from tests.cli import broken_run

BROKEN = "gates:\n  - lost == 5\n"
VERBS = {
    ("list",): 0,
    ("show", "one"): 0,
    ("show", "one", "1"): 0,
    ("compare", "one", "--metric", "all"): 0,
    ("gate", "one", "--rules", "gates.yaml", "--baseline", "old"): 0,
    ("gate", "one", "--rules", "broken.yaml"): 1,
    ("report", "one"): 0,
    ("export", "one"): 0,
    ("run", "--help"): 0,
    ("nonsense",): 2,
    ("show", "nöne"): 2,
    ("plan", "no-such-matrix"): 2,
}


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run whose question has signs that ASCII and Latin-1 lack, and a rule that it breaks."""
    made = tmp_path_factory.mktemp("ending")
    store = broken_run.make(made)
    path = store.path / "plan.json"
    question = "Größer ≥ 5 µs? ✓ 漢字"
    path.write_text(path.read_text("utf-8").replace("Which?", question), "utf-8")
    (made / "broken.yaml").write_text(BROKEN)
    return made


@pytest.fixture(autouse=True)
def _there(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(directory)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr(sys, "argv", ["jetbench"])
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)


def jetbench(
    words: tuple[str, ...], encoding: str, monkeypatch: pytest.MonkeyPatch
) -> tuple[int, str]:
    """Run the command line as its script does; return its code and all that it says."""
    said = io.BytesIO()
    for name in ("stdout", "stderr"):
        monkeypatch.setattr(sys, name, io.TextIOWrapper(said, encoding, write_through=True))
    monkeypatch.setattr(sys, "argv", ["jetbench", *words])
    with pytest.raises(SystemExit) as ended:
        main.main()
    assert isinstance(ended.value.code, int)
    return ended.value.code, said.getvalue().decode(encoding, "replace")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8", "cp437"])
@pytest.mark.parametrize("words", VERBS)
def test_no_encoding_changes_how_a_command_ends(
    words: tuple[str, ...], encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under ASCII `gate` ended with a traceback and with 1: "rule broken"."""
    code, said = jetbench(words, encoding, monkeypatch)

    assert code == VERBS[words]
    assert "Traceback" not in said


def test_signs_that_an_encoding_lacks_are_written_legibly(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A reader of a log in ASCII sees which gate passed and what was asked."""
    _, listed = jetbench(("list",), "ascii", monkeypatch)
    _, said = jetbench(("gate", "one", "--rules", "broken.yaml"), "ascii", monkeypatch)

    assert "x Failed: lost == 5" in said
    assert "Grosser >= 5 us? + ??" in listed


def test_stand_ins_are_readable() -> None:
    """`\\xb1` is no plus-minus."""
    assert in_ascii("✓ 3 ± 1 µs ≤ 4 × 2 – −5 …") == "+ 3 +- 1 us <= 4 x 2 - -5 ..."


@pytest.mark.parametrize(
    "locale",
    [
        {"PYTHONIOENCODING": "ascii"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    ],
)
def test_a_bare_environment_hears_the_verdict(locale: dict[str, str]) -> None:
    """As a CI job without any locale starts it."""
    ended = subprocess.run(
        [sys.executable, "-m", "bench.cli.main", "gate", "one", "--rules", "gates.yaml",
         "--baseline", "old"],
        env=os.environ | locale, capture_output=True, check=False,
    )  # fmt: skip

    assert (ended.returncode, ended.stderr) == (0, b"")
    assert b"+ Passed" in ended.stdout


@pytest.mark.parametrize("words", [("list",), ("schema", "plan"), ("--help",), ("export", "one")])
def test_a_reader_that_has_gone_is_no_fault(words: tuple[str, ...]) -> None:
    """`jetbench list | head -1` ended with 1."""
    assert into(words, "head -c 1 >/dev/null") == 0


def test_a_verdict_is_given_also_to_who_reads_no_further() -> None:
    """`jetbench gate … | head` must not turn a broken rule into another end."""
    assert into(("gate", "one", "--rules", "broken.yaml"), "true") == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has it")
@pytest.mark.parametrize("words", [("list",), ("--help",), ("export", "one"), ("schema", "plan")])
def test_output_that_cannot_be_written_ends_with_2(words: tuple[str, ...]) -> None:
    """A full disk behind `> file` broke no rule, and is no fault of ours either."""
    ended = subprocess.run(
        ["sh", "-c", 'exec "$@" >/dev/full', "sh", *_command(words)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert (ended.returncode, "No space left" in ended.stderr) == (2, True)


def into(words: tuple[str, ...], reader: str) -> int:
    """Return how a command ends whose output goes to `reader`."""
    script = f'("$@"; echo $? >&2) | {reader}'
    ended = subprocess.run(
        ["sh", "-c", script, "sh", *_command(words)], capture_output=True, text=True, check=True
    )
    return int(ended.stderr)


def _command(words: tuple[str, ...]) -> list[str]:
    return [sys.executable, "-m", "bench.cli.main", *words]


SEED = "SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY"


@pytest.mark.parametrize(
    "error",
    [KeyError("x"), ValueError("y"), MemoryError(), RecursionError("z"), EOFError(),
     BrokenPipeError(32, "from a server"), OSError(5, "from a disk"), AssertionError()],
)  # fmt: skip
def test_what_nobody_foresaw_ends_with_70(
    error: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """With 1, a fault of ours reads as a broken rule, and the build's author looks for it."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    assert code_of(failing(error), "jetbench gate") == 70
    said = capsys.readouterr().err
    assert len(said.splitlines()) == 1
    assert type(error).__name__ in said
    (kept,) = tmp_path.iterdir()
    assert str(kept) in said
    assert re.search(r"jetbench gate\n(.|\n)*Traceback(.|\n)*in fail", kept.read_text())


def test_an_installation_that_is_not_whole_ends_with_70(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Code that was changed while it was read ended with 1, as a broken rule does."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(verbs, "VERBS", {**verbs.VERBS, "gate": ("gone", "gate")})
    monkeypatch.setattr(sys, "argv", ["jetbench", "gate", "one"])

    assert verbs.run_command() == 70
    assert "No module named 'bench.cli.gone'" in capsys.readouterr().err


def test_no_secret_is_kept_of_what_went_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The file is made to be sent to somebody."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    words = f"nats://joe:hush@h:4222,tls://tok@i and {SEED} and eyJ0eXAi.eyJqdGki.c2ln-x"

    code_of(failing(ValueError(words)), "jetbench run")

    (kept,) = tmp_path.iterdir()
    for text in (kept.read_text(), capsys.readouterr().err):
        assert not re.search(r"hush|tok@|SUAC|eyJ|joe", text)
        assert "nats://***@" in text


@pytest.mark.parametrize(
    "words",
    [
        ("list", "{}"),
        ("schema", "{}"),
        ("{}",),
        ("list", "--{}"),
        ("show", "{}"),
        ("show", "one", "{}"),
        ("plan", "{}"),
        ("validate", "{}"),
        ("plan", "quickstart", "--blocks", "{}"),
        ("gate", "one", "--rules", "gates.yaml", "--baseline", "{}"),
        ("export", "one", "--format", "{}"),
    ],
)
def test_no_error_repeats_the_login_of_an_address(
    words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An address that lands in the wrong place of a command line stood in a CI's log, login too."""
    address = "nats://user:sekret@host:4222"

    code, said = jetbench(tuple(word.format(address) for word in words), "utf-8", monkeypatch)

    assert code == 2
    assert "sekret" not in said
    assert said.strip()


def test_a_traceback_that_cannot_be_kept_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """On a full disk the traceback is not lost."""
    monkeypatch.setattr(tempfile, "tempdir", "/nonexistent")

    assert code_of(failing(KeyError("x")), "jetbench gate") == 70
    assert "Traceback" in capsys.readouterr().err


def failing(error: Exception) -> typer.Typer:
    """A command line whose one verb fails."""
    app = typer.Typer(cls=Verbs)

    @app.callback(invoke_without_command=True)
    def fail() -> None:
        raise error

    return app
