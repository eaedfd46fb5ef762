"""`jetbench show RUN --message ID` on made-up records."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bench.cli.verbs import app, run_command
from tests.analysis import runs
from tests.record.stored_messages import EVICTED, ILL, PLANNED, WELL, two, with_one_evicted


def results(path: Path) -> Path:
    """One run of two blocks; of the first trial messages are kept, the second is an older one."""
    plan = runs.plan([runs.cell("only")], blocks=2)
    store = runs.store(path / "run", plan)
    for trial, told in zip(plan.trials, (two(), None), strict=True):
        store.write_trial(runs.record(trial), [], runs.sampled([1, 2]), told)
    return path


def shown(path: Path, *words: str) -> Result:
    """What the verb says."""
    env = {"COLUMNS": "100", "NO_COLOR": "1"}
    return CliRunner().invoke(app, ["show", "run", *words, "--out", str(path)], env=env)


def test_a_story_is_told_in_the_order_of_its_instants(tmp_path: Path) -> None:
    """With who had the message, when since the trial began, and since it was intended."""
    done = shown(results(tmp_path), "--message", str(ILL))

    assert done.exit_code == 0
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert lines == [
        "001-only-b1: only, block 1",
        "message 7 of publish",
        "0.000000 s +0 ns intended",
        "0.000000 s +1 ns sent by publisher-0",
        "0.000000 s +2 ns stored, as sequence 8",
        "0.000000 s +3 ns received by consumer-0, delivery 1 of sequence 8",
        "0.000000 s +20 ns received by consumer-0 (process 2 of it), delivery 2 of sequence 8",
        "0.000000 s +21 ns acked by consumer-0 (process 2 of it)",
        "delivery 1 to consumer-0: never handled",
        "delivery 2 to consumer-0: terminated",
        "dead letter: attempts, after 2 deliveries",
    ]


def test_how_a_delivery_ended_is_told_in_words(tmp_path: Path) -> None:
    """As the ledger's counts are in every view."""
    turned = replace(two().names, endings={2: "turned_away"})
    plan = runs.plan([runs.cell("only")], blocks=1)
    told = replace(two(), names=turned)
    runs.store(tmp_path / "run", plan).write_trial(
        runs.record(plan.trials[0]), [], runs.sampled([1, 2]), told
    )

    assert "delivery 2 to consumer-0: turned away" in shown(tmp_path, "--message", "7").stdout


def test_as_json_it_has_every_instant(tmp_path: Path) -> None:
    """In ns from the trial's start."""
    (told,) = json.loads(shown(results(tmp_path), "1", "--message", str(WELL), "--json").stdout)

    (story,) = told["stories"]
    assert (told["trial"], told["block"]) == ("001-only-b1", 1)
    assert story["deliveries"][0]["acked_ns"] == 35


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--message", str(PLANNED)), "no such message; allowed: 0 to 9"),
        (("--message", str(WELL + 1)), "none of those that are kept"),
        (("2", "--message", str(WELL)), "keeps no messages"),
        (("9", "--message", str(WELL)), "has no trial '9'"),
    ],
)
def test_what_cannot_be_told_is_a_told_error(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    said: str,
) -> None:
    """It ends with 2."""
    line = ["jetbench", "show", "run", *words, "--out", str(results(tmp_path))]
    monkeypatch.setattr(sys, "argv", line)

    assert run_command() == 2
    assert said in " ".join(capsys.readouterr().err.split())


def test_a_record_that_was_changed_is_refused(tmp_path: Path) -> None:
    """Its digest stands in trial.json."""
    path = results(tmp_path)
    file = path / "run" / "trials" / "001-only-b1" / "messages.npz"
    file.write_bytes(file.read_bytes() + b"\0")

    done = shown(path, "--message", str(WELL))

    assert "messages.npz" in str(done.exception)


def test_the_story_of_what_a_limit_took_says_so(tmp_path: Path) -> None:
    """It is none of those that were lost."""
    plan = runs.plan([runs.cell("only")], blocks=1)
    store, (trial,) = runs.store(tmp_path / "run", plan), plan.trials
    store.write_trial(runs.record(trial), [], runs.sampled([1, 2]), with_one_evicted())

    told = shown(tmp_path, "--message", str(EVICTED)).stdout
    plain = json.loads(shown(tmp_path, "--message", str(EVICTED), "--json").stdout)

    assert "never delivered" in told
    assert "evicted: a limit of the stream took it before it came to consume" in told
    assert plain[0]["stories"][0]["evicted"] == ["consume"]
