"""What lies on disk is input: broken records are told by name, whatever is broken and how."""

import json
import os
import random
import shutil
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bench.cli.verbs import app
from bench.core.errors import BenchError, RecordError, StorageError
from bench.record.lock import measuring
from bench.record.store import RunStore
from tests.cli import broken_run, mutations

VERBS = (
    ("list",),
    ("show", "one"),
    ("show", "one", "1"),
    ("compare", "one", "--baseline", "old", "--metric", "p99"),
    ("export", "one"),
    ("gate", "one", "--rules", "gates.yaml", "--baseline", "old"),
    ("report", "one"),
)
RUN = Path("results/one")
TRIAL = RUN / "trials" / "001-old-b1"
MUTATIONS = 100


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory of a user, with a sound run in it."""
    directory = tmp_path_factory.mktemp("sound")
    broken_run.make(directory)
    return directory


@pytest.fixture(autouse=True)
def directory(sound: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it, to break."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    restore(sound, tmp_path)
    return tmp_path


def restore(sound: Path, to: Path) -> None:
    shutil.rmtree(to / "results", ignore_errors=True)
    shutil.copytree(sound, to, dirs_exist_ok=True)


def jetbench(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def ended(result: Result) -> int | str:
    """Return the exit code; the last line of the traceback where there is none of ours."""
    error = result.exception
    if isinstance(error, BenchError):
        return int(error.exit_code)
    if error is None or isinstance(error, SystemExit):
        return result.exit_code
    return "".join(traceback.format_exception(error)[-2:])


def refused(*words: str) -> str:
    """Return what the command line says of the record that it refuses."""
    result = jetbench(*words)
    assert isinstance(result.exception, RecordError), result.output
    return str(result.exception)


@pytest.mark.parametrize("words", VERBS)
def test_every_verb_reads_the_sound_run(words: tuple[str, ...]) -> None:
    """Else the tests below would show nothing. Three blocks do not fail what they cannot see."""
    assert ended(jetbench(*words)) == 0


def test_no_broken_record_ends_in_a_traceback_or_as_a_broken_rule(
    sound: Path, directory: Path
) -> None:
    """333 mutations gave 60 tracebacks, each with the exit code of a broken rule.

    No rule is broken in the sound run, and nothing breaks one but a count that falls short.
    """
    wrong = []
    for seed in range(MUTATIONS):
        restore(sound, directory)
        done = mutations.mutate(directory / "results", random.Random(seed))  # noqa: S311 - no secret
        for words in (VERBS[0], VERBS[1 + seed % (len(VERBS) - 1)]):
            end = ended(jetbench(*words))
            short = any(f"at {word!r}" in done for word in ("lost", "refused", "unconfirmed"))
            if end not in {0, 2, 3, 4} and not (end == 1 and short):
                wrong.append((seed, done, words, end))

    assert wrong == []


def edited(path: Path, change: Callable[[dict[str, object]], None]) -> None:
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content, indent=1).replace('"@1e400@"', "1e400"))


def line_of(path: Path, keys: Sequence[str]) -> int:
    """Return where a key stands in a file that is indented by one: below its parents' keys."""
    lines, at = path.read_text().splitlines(), 0
    for depth, key in enumerate(keys, start=1):
        at = next(
            number
            for number, line in enumerate(lines[at:], start=at)
            if line.startswith(f'{" " * depth}"{key}":')
        )
    return at + 1


@pytest.mark.parametrize(
    ("where", "value", "at", "said"),
    [
        (("window", "window_end_ns"), -5, ("window",), "window: its limits are not in order"),
        (("window", "drained_ns"), 10**18, ("window",), "window: its limits are not in order"),
        (
            ("window_counts", "acked"),
            10**7,
            ("window_counts", "acked"),
            "window_counts.acked: below 0, or more than",
        ),
        (
            ("slices", "acked"),
            [1] * 14,
            ("slices", "acked"),
            "slices.acked: not as long as the others",
        ),
        (("slices", "sent"), [-1] * 15, ("slices", "sent"), "slices.sent: a count below 0"),
        (("ledger", "lost"), -2, (), "ledger.lost: below 0"),
        (("ledger", "not_sent"), 1, (), "ledger.not_sent: not what was planned less what was"),
        (("ledger", "planned"), 13_999, (), "more in all than the ledger has"),
        (("block",), 0, ("block",), "block: 0, but the plan has 1 here"),
        (("cell_id",), "slow", ("cell_id",), "cell_id: 'slow', but the plan has 'old' here"),
        (("window",), None, (), "completed: true, without window, counts, slices or ledger"),
        (("store_disk_bytes",), "@1e400@", (), "store_disk_bytes: inf is no number to count with"),
        (("host", "steal_share"), -3, (), "host.steal_share: below what it can be"),
    ],
)
def test_a_trial_that_does_not_fit_together_is_refused_with_its_line(
    where: tuple[str, ...], value: object, at: tuple[str, ...], said: str
) -> None:
    """A window that ends before it begins gave negative rates, or a traceback."""

    def change(content: dict[str, object]) -> None:
        place: dict[str, object] = content
        for key in where[:-1]:
            place = place[key]  # type: ignore[assignment]
        place[where[-1]] = value

    edited(TRIAL / "trial.json", change)
    text = refused("show", "one")

    assert said in text
    line = line_of(TRIAL / "trial.json", at) if at else ""
    assert f"one/trials/001-old-b1/trial.json:{line}" in text


@pytest.mark.parametrize(
    ("row", "cells", "said"),
    [
        (3, {0: ""}, "samples.csv:4: t_ns is empty"),
        (3, {0: "inf"}, "samples.csv:4: .*'inf' is no whole number"),
        (3, {3: "inf"}, "samples.csv:4: .*'inf' is no whole number"),
        (3, {3: "-7"}, "samples.csv:4: lag_msgs is below 0"),
        (3, {0: "5"}, "samples.csv:4: t_ns goes back"),
        (3, {0: str(2**62)}, "samples.csv:4: t_ns lies beyond any trial"),
        (3, {3: "1,2,3,4,5,6,7,8,9"}, "samples.csv:4: .*more cells than columns"),
        (0, {3: "leg_msgs"}, "samples.csv:1: columns missing: lag_msgs"),
    ],
)
def test_a_broken_sample_is_refused_with_its_line(
    row: int, cells: dict[int, str], said: str
) -> None:
    """An empty instant was NaN, and the lag of the whole trial a traceback or `n/a`."""
    path = TRIAL / "samples.csv"
    rows = [each.split(",") for each in path.read_text().splitlines()]
    for column, cell in cells.items():
        rows[row][column] = cell
    path.write_text("\n".join(map(",".join, rows)) + "\n")

    with pytest.raises(RecordError, match=said):
        RunStore(RUN).read_whole(RunStore(RUN).read_plan().trials[0])


@pytest.mark.parametrize(
    ("file", "key", "value", "said"),
    [
        ("one/plan.json", "baseline", "pull-batch/gone", "no variant 'pull-batch/gone'"),
        ("one/plan.json", "primary", "p98", "no figure is called 'p98'"),
        ("one/plan.json", "success", ["p99 <"], "success.0: "),
        ("one/gate.json", "verdict", "fail", "verdict: not that of the worst outcome"),
        ("one/environment.json", "started_utc", "yesterday", "'yesterday' is no instant of UTC"),
    ],
)
def test_what_a_run_is_judged_by_is_checked(file: str, key: str, value: object, said: str) -> None:
    """A verdict that its own outcomes do not bear out is no verdict."""
    edited(Path("results") / file, lambda content: content.update({key: value}))

    assert said in refused("show", "one")


def test_a_trial_may_not_lead_out_of_its_run() -> None:
    """The id of a trial is a directory's name, and a plan may come from somebody else."""
    edited(RUN / "plan.json", lambda content: content["trials"][0].update({"id": "../../x"}))  # type: ignore[index]

    assert "trials.0.id: '../../x' cannot name a directory" in refused("show", "one")


def test_a_file_larger_than_any_record_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its size is looked at before its content."""
    monkeypatch.setattr("bench.record.reading.MAX_JSON_BYTES", 100)

    assert "more than any such record has" in refused("show", "one")


def test_a_run_with_a_broken_trial_is_not_gone_on_with() -> None:
    """The rest was measured first, and then the run ended with 2 and without a report."""
    shutil.rmtree(RUN / "trials" / "006-slow-b3")
    log = TRIAL / "latency.hlog"
    log.write_text(log.read_text().replace("Tag=slip", "Tag=slop"))

    said = refused("run", "--resume", "one")

    assert "001-old-b1/latency.hlog:" in said
    assert "remove the trial's directory to have it measured again" in said


@pytest.mark.parametrize("words", VERBS)
def test_what_is_nobodys_record_is_ignored_by_every_verb_alike(words: tuple[str, ...]) -> None:
    """An editor's backup or a copied directory kept `list` from reading, and let `show` read."""
    before = jetbench(*words).output
    (TRIAL.parent / "notes.txt").write_text("mine")
    (TRIAL.parent / "000-copy").mkdir()
    shutil.copytree(TRIAL, TRIAL.parent / "001-old-b1.bak")

    assert jetbench(*words).output == before


def test_a_run_that_another_process_measures_is_not_gone_on_with() -> None:
    """Both would measure the same trials, and each disturb what the other measures."""
    with measuring(RUN):
        result = jetbench("run", "--resume", "one")

    assert ended(result) == 2
    assert f"process {os.getpid()} measures into this run; nothing" in str(result.exception)


@pytest.mark.parametrize(("text", "near"), [("oen", "one"), ("ne", "one"), ("quickstart", "")])
def test_a_run_that_is_not_there_is_answered_with_the_nearest(text: str, near: str) -> None:
    """Names end in a time that nobody types; the newest run has a name of its own."""
    result = jetbench("show", text)

    said = f"no run named '{text}'; 1 run is in results, and `latest` is one"
    assert ended(result) == 2
    assert str(result.exception) == said + (f"; did you mean '{near}'?" if near else "")


def quickstarts() -> None:
    """Two runs of one label, the later one newer."""
    for number, name in enumerate(("quickstart-20261123-170000", "quickstart-20261124-170000-2f")):
        shutil.copytree(RUN, RUN.with_name(name))
        os.utime(RUN.with_name(name) / "plan.json", (9e9 + number, 9e9 + number))


@pytest.mark.parametrize("words", [("show", "quickstart"), ("export", "quickstart")])
def test_of_several_runs_of_a_name_the_newest_is_taken_and_told(words: tuple[str, ...]) -> None:
    """`jetbench show quickstart` after three of them."""
    quickstarts()

    result = jetbench(*words)

    assert ended(result) == 0
    assert "note: of 2 runs called quickstart the newest, quickstart-20261124-170000-2f" in (
        result.stderr
    )


@pytest.mark.parametrize(
    ("text", "near"),
    [("quikstart", "quickstart"), ("start-20261123", "quickstart-20261123-170000")],
)
def test_a_misspelt_name_of_runs_is_answered_with_the_nearest(text: str, near: str) -> None:
    """Nobody types the time behind it."""
    quickstarts()

    said = str(jetbench("show", text).exception)

    assert said.endswith(f"did you mean '{near}'?")
    assert "3 runs are in results, and `latest` is quickstart-20261124-170000-2f" in said


@pytest.mark.parametrize(
    "words",
    [
        ("selfbench", "--only", "*/wire/*", "--out", "results"),
        ("gate", "one", "--rules", "gates.yaml", "--baseline", "old", "--junit", "results"),
        ("gate", "one", "--rules", "gates.yaml", "--baseline", "old", "--json", "gates.yaml/x"),
    ],
)
def test_a_file_that_cannot_be_written_is_told_before_anything_is_done(
    words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Minutes of measuring ended in "is a directory", and in no figure."""

    def untimely(*_: object) -> None:
        raise AssertionError("it began")

    for begun in ("bench.cli.selfbench.interruptible", "bench.cli.gate.judge_run"):
        monkeypatch.setattr(begun, untimely)

    result = jetbench(*words)

    assert isinstance(result.exception, StorageError), result.output
    assert "cannot be written" in str(result.exception)
