"""compare, gate, export and show on a run made by hand: no server, a real directory of records."""

import json
import os
import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner, Result

from bench.cli.verbs import app
from bench.core.errors import BenchError
from bench.record.store import RunStore
from tests.analysis import runs
from tests.parts import Time

RULES = """\
gates:
  - p99 vs baseline <= +10%
  - lost == 0
"""
SCALES = {"old": 1.0, "same": 1.0, "slow": 1.3}


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory of a user, with a run of three variants and a gate file."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    make_run(tmp_path / "results" / "one")
    (tmp_path / "gates.yaml").write_text(RULES)
    return tmp_path


def make_run(path: Path, *, blocks: int = 5, scales: dict[str, float] | None = None) -> RunStore:
    """Write a run whose variants take 10 ms times their scale, the host drifting over blocks."""
    scales = scales or SCALES
    cells = [runs.cell(name) for name in scales]
    plan = runs.plan(cells, blocks=blocks)
    store = runs.store(path, plan)
    for trial in plan.trials:
        rng = np.random.default_rng([trial.block, trial.index])
        centre_ns = 1e7 * scales[trial.cell_id] * (1 + 0.05 * trial.block)
        seconds = [
            (centre_ns * rng.lognormal(0, 0.1, 1000)).astype(np.int64)
            for _ in range(runs.WARMUP_S + runs.WINDOW_S)
        ]
        store.write_trial(
            runs.record(trial),
            runs.intervals({Time.END_TO_END: seconds}),
            runs.sampled([10] * (runs.TOTAL_S * 10)),
        )
    return store


def jetbench(*words: str) -> Result:
    """Run the command line in this process; what it prints to either side is in `output`."""
    return CliRunner().invoke(app, list(words))


def refused(*words: str) -> str:
    """Return what the command line says when it refuses these words."""
    result = jetbench(*words)
    assert isinstance(result.exception, BenchError), result.output
    return str(result.exception)


def test_compare_says_by_how_much_and_how_sure() -> None:
    """+30 % by construction against nothing by construction."""
    result = jetbench("compare", "one", "--baseline", "old", "--metric", "p99")

    same, slow = (line for line in result.output.splitlines() if line.startswith("pull-batch/"))
    assert re.search(r"\+(29|30|31) %", slow), slow
    assert not re.search(r"\+(29|30|31) %", same), same
    assert result.exit_code == 0


def test_compare_shows_what_is_known_of_one_block_and_says_once_why_no_more(
    directory: Path,
) -> None:
    """The default run has one block: its figures are known, and 48 rows of n/a told none of them.

    By construction 10 ms × 1.05 in block 1, and 1.3 times that.
    """
    make_run(directory / "results" / "short", blocks=1)

    result = jetbench(
        "compare", "short", "--baseline", "old", "--metric", "p50", "--metric", "acked_rate"
    )

    _, slow, *_ = (line for line in result.output.splitlines() if line.startswith("pull-batch/"))
    assert re.search(r"10\.[4-6] ms +13\.[5-8] ms +\+(29|30|31)", slow), slow
    assert result.output.count("are needed") == 1
    assert "No interval for any of these: 1 valid block shared; 3 are needed." in result.output


def test_compare_names_what_has_no_interval_where_others_have() -> None:
    """Nobody read the server's CPU in that run, and end-to-end time is known."""
    result = jetbench(
        "compare", "one", "--baseline", "old", "--metric", "p50", "--metric", "server_cpu"
    )

    why = "No interval for server CPU per message: no valid block has it on both sides."
    assert why in result.output


def test_what_never_came_on_both_sides_has_no_change() -> None:
    """Nothing was handled in that run: 13 s and more on either side are not the same time."""
    result = jetbench("compare", "one", "--baseline", "old", "--metric", "completion_p50")

    (line,) = (row for row in result.output.splitlines() if row.startswith("pull-batch/same"))
    assert re.search(r"≥ 13\.0 s +≥ 13\.0 s +n/a", line), line


def test_what_never_came_in_two_runs_has_no_change(directory: Path) -> None:
    """ "±0 %, told apart or not" said of two bounds what only figures can say."""
    make_run(directory / "results" / "two")

    result = jetbench("compare", "one", "two", "--metric", "completion_p50")

    (line,) = (row for row in result.output.splitlines() if row.startswith("pull-batch/same"))
    assert re.search(r"≥ 13\.0 s +≥ 13\.0 s +n/a +n/a +n/a +n/a +n/a", line), line


def test_two_runs_of_one_block_show_what_they_have(directory: Path) -> None:
    """Without an interval there is no change to speak of, but there are two figures."""
    for name in ("short", "shorter"):
        make_run(directory / "results" / name, blocks=1)

    result = jetbench("compare", "short", "shorter", "--metric", "p50")

    assert result.output.count("10.5 ms") == 4
    assert "No interval for any of these: 3 valid trials of each run are needed." in result.output


def test_compare_without_a_baseline_names_the_variants() -> None:
    """The next command is then one copy away."""
    said = refused("compare", "one")

    assert "pull-batch/old, pull-batch/same, pull-batch/slow" in said
    assert said.endswith("and the report holds the others against pull-batch/old")


def test_compare_refuses_an_unknown_figure() -> None:
    """With the nearest right word, as everywhere."""
    said = refused("compare", "one", "--baseline", "old", "--metric", "p98")

    assert "did you mean 'p99'?" in said
    assert " in docs/METRICS.md" in said
    assert len(said) < 300


def test_two_runs_are_compared_for_a_look_only(directory: Path) -> None:
    """A stored run is no baseline for a gate, and the output says so (R10)."""
    make_run(directory / "results" / "two", scales={"old": 1.2})

    result = jetbench("compare", "one", "two", "--metric", "p50")

    assert "pull-batch/old" in result.output
    assert "For a look" in result.output


@pytest.mark.parametrize(
    ("name", "key", "value"),
    [
        ("environment.json", "server_version", "2.14.0"),
        ("environment.json", "kernel", "6.8"),
    ],
)
def test_runs_of_another_host_or_server_are_not_compared(
    directory: Path, name: str, key: str, value: str
) -> None:
    """The difference would be that of the machines."""
    other = make_run(directory / "results" / "two")
    content = json.loads((other.path / name).read_text())
    (other.path / name).write_text(json.dumps(content | {key: value}))

    assert value in refused("compare", "one", "two")


def test_runs_with_other_settings_are_not_compared(directory: Path) -> None:
    """A variant that kept its name and changed its settings is another one."""
    other = make_run(directory / "results" / "two")
    content = json.loads((other.path / "plan.json").read_text())
    content["cells"][0]["settings"]["pull"]["batch"] = 7
    (other.path / "plan.json").write_text(json.dumps(content))

    assert "settings changed between the runs" in refused("compare", "one", "two")


def test_a_gate_tells_all_that_is_wrong_with_its_words_at_once() -> None:
    """Four words, four mistakes, one answer: not one after each correction."""
    said = refused(
        "gate", "--rules", "no-regresion", "--workload", "smal-events",
        "--baseline-config", "pull-batch/batch-55", "--candidate-config", "pul-batch/batch-50",
    )  # fmt: skip

    for near in ("no-regression", "small-events", "batch-50", "pull-batch"):
        assert f"did you mean '{near}'?" in said
    assert "4 problems in 4 files; nothing was run" in said


def test_a_gate_on_a_run_writes_every_form_of_its_verdict(directory: Path) -> None:
    """One broken rule of four: exit 1, and the same verdict in XML, Markdown and JSON."""
    summary = directory / "summary.md"
    os.environ["GITHUB_STEP_SUMMARY"] = str(summary)
    try:
        result = jetbench(
            "gate", "one", "--rules", "gates.yaml", "--baseline", "old",
            "--junit", "out/j.xml", "--markdown", "m.md", "--json", "g.json",
        )  # fmt: skip
    finally:
        del os.environ["GITHUB_STEP_SUMMARY"]

    assert result.exit_code == 1, result.output
    root = ET.fromstring((directory / "out/j.xml").read_text())  # noqa: S314 - our own text
    assert (root.get("tests"), root.get("failures")) == ("4", "1")
    assert (directory / "m.md").read_text() == summary.read_text()
    written = json.loads((directory / "g.json").read_text())
    assert (written["schema_version"], written["verdict"]) == (1, "fail")
    assert written == json.loads((directory / "results/one/gate.json").read_text())
    worst = written["outcomes"][0]
    assert (worst["candidate"], worst["rule"]) == (
        "pull-batch/slow",
        "end_to_end_p99 vs baseline <= +10%",
    )
    assert "✕ Failed: end-to-end p99 of pull-batch/slow is 30 % slower" in result.output
    assert (directory / "m.md").read_text().startswith("## ✕ Failed: end-to-end p99")


def test_a_gate_on_the_good_candidate_passes() -> None:
    """The same blocks without the slow variant."""
    result = jetbench(
        "gate", "one", "--rules", "gates.yaml", "--baseline", "old", "--candidate", "same"
    )

    assert result.exit_code == 0, result.output


def test_three_blocks_fail_no_build(directory: Path) -> None:
    """+30 % on three blocks is inconclusive: exit 3, or 0 where that is to warn only."""
    make_run(directory / "results" / "short", blocks=3)
    words = ("gate", "short", "--rules", "gates.yaml", "--baseline", "old", "--candidate", "slow")

    assert jetbench(*words).exit_code == 3
    assert jetbench(*words, "--inconclusive", "warn").exit_code == 0


def test_a_gate_does_not_judge_and_measure_at_once() -> None:
    """A baseline is measured in the same run, so there is none to take from another (R10)."""
    words = ("gate", "one", "--rules", "gates.yaml", "--baseline-config", "pull-batch/batch-10")

    assert "for a run that exists" in refused(*words)


def test_a_gate_needs_a_run_or_sides() -> None:
    """A job that forgot an option must not judge whatever was measured last."""
    assert "name a RUN to judge" in refused("gate", "--rules", "gates.yaml")


def test_a_gate_that_could_decide_nothing_is_refused_before_it_runs(directory: Path) -> None:
    """In 5 s at 300/s some 15 messages lie beyond p99: minutes later that would be inconclusive."""
    said = refused(
        "gate", "--rules", "gates.yaml", "--baseline-config", "pull-batch/batch-10",
        "--workload", "mixed-payload", "--quick",
    )  # fmt: skip

    assert "mixed-payload: 'end_to_end_p99 vs baseline <= +10%': at least 1\u202f383 mess" in said
    assert "13 beyond end-to-end p99, and 100 are needed" in said
    assert not list((directory / "results").glob("gate-*"))


def test_show_repeats_the_verdict(directory: Path) -> None:
    """It is part of what is known of the run."""
    jetbench("gate", "one", "--rules", "gates.yaml", "--baseline", "old")

    assert "1 of 4 goals missed" in jetbench("show", "one").output
    assert (directory / "reports" / "one" / "index.html").exists()


def test_show_answers_the_question_of_a_matrix(directory: Path) -> None:
    """The criteria stand in the plan, so the answer needs no other file."""
    path = directory / "results" / "one" / "plan.json"
    content = json.loads(path.read_text())
    path.write_text(json.dumps(content | {"success": ["end_to_end_p99 < 16ms"]}))

    output = jetbench("show", "one").output

    assert "Recommended: pull-batch/" in output
    assert "criterion is broken by pull-batch/slow." in output


def test_show_as_json_is_what_the_page_says(directory: Path) -> None:
    """A program that reads the terminal's tables breaks with the next column."""
    told = json.loads(jetbench("show", "one", "--json").output)

    assert told["headline"] == "slow is 30 % slower"
    assert [cell["variant"] for cell in told["workloads"][0]["cells"]][2] == "pull-batch/slow"
    assert "leave out TRIAL" in refused("show", "one", "1", "--json")


def test_a_report_is_written_as_markdown_too_and_opened(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first for a pull request, the second for who sits before it."""
    opened: list[str] = []

    def browser(url: str) -> bool:
        opened.append(url)
        return True

    monkeypatch.setattr("webbrowser.open", browser)

    result = jetbench("report", "one", "--markdown", "out/m.md", "--open")

    assert result.exit_code == 0, result.output
    assert (directory / "out/m.md").read_text().startswith("## slow is 30 % slower\n")
    assert opened == [(directory / "reports/one/index.html").as_uri()]


def test_where_no_browser_starts_the_report_is_still_there(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server has none, and the report is what was asked for."""
    monkeypatch.setattr("webbrowser.open", lambda url: False)

    result = jetbench("report", "one", "--open")

    assert result.exit_code == 0
    assert "no browser could be started; open reports/one/index.html" in result.output


@pytest.mark.parametrize("words", [("--markdown", "file/m.md"), ("--reports", "file/r")])
def test_what_cannot_be_written_is_the_users_to_mend(
    directory: Path, words: tuple[str, str]
) -> None:
    """A file where a folder is due: 2, with the path and the reason."""
    (directory / "file").write_text("")

    result = jetbench("report", "one", *words)

    assert getattr(result.exception, "exit_code", None) == 2
    assert "file" in str(result.exception)
    assert "cannot be written: " in str(result.exception)


def exported(form: str, *more: str) -> Sequence[str]:
    return jetbench("export", "one", "--format", form, *more).output.splitlines()


def test_export_writes_a_row_for_each_trial_and_figure(directory: Path) -> None:
    """CSV and JSON hold the same rows."""
    jetbench("export", "one", "--format", "csv", "--to", "t.csv")
    jetbench("export", "one", "--format", "json", "--to", "t.json")

    table = pd.read_csv(directory / "t.csv")
    rows = json.loads((directory / "t.json").read_text())["rows"]
    assert len(table) == len(rows) > 15
    assert table.trial.nunique() == 15
    p99 = table[table.metric == "end_to_end_ns_p99"].value.tolist()
    assert p99 == [row["value"] for row in rows if row["metric"] == "end_to_end_ns_p99"]


def test_export_writes_openmetrics_to_standard_output() -> None:
    """For a node exporter's directory of text files."""
    assert exported("openmetrics")[-1] == "# EOF"


def test_export_writes_parquet(directory: Path) -> None:
    """With types, for who reads millions of rows."""
    jetbench("export", "one", "--format", "parquet", "--to", "t.parquet")

    table = pd.read_parquet(directory / "t.parquet")
    assert table.value.dtype == "float64"
    assert table.trial.nunique() == 15


def test_parquet_is_not_thrown_at_a_terminal() -> None:
    """It is no text."""
    assert "--to FILE" in refused("export", "one", "--format", "parquet")


@pytest.mark.parametrize(
    ("kind", "file"), [("plan", "plan.json"), ("environment", "environment.json")]
)
def test_written_files_have_a_schema_with_their_keys(directory: Path, kind: str, file: str) -> None:
    """Whoever reads them elsewhere needs to know what may stand there."""
    properties = json.loads(jetbench("schema", kind).output)["properties"]

    assert set(json.loads((directory / "results/one" / file).read_text())) == set(properties)


def edit_trials(run: Path, cell: str, **changes: object) -> None:
    """Lay changes over every trial's record of a cell; of a dictionary over what stands there."""
    for path in run.glob(f"trials/*{cell}*/trial.json"):
        record = json.loads(path.read_text())
        for key, value in changes.items():
            record[key] = record[key] | value if isinstance(value, dict) else value
        path.write_text(json.dumps(record))


@pytest.mark.parametrize("runs_compared", [("one", "--baseline", "old"), ("two", "one")])
def test_compare_says_what_fell_short_beside_the_times(
    directory: Path, runs_compared: tuple[str, ...]
) -> None:
    """A server that refuses is fast: the figures of times alone would call that an improvement."""
    make_run(directory / "results" / "two")
    edit_trials(directory / "results" / "one", "same", ledger={"refused": 20})
    edit_trials(directory / "results" / "one", "slow", ledger={"lost": -1})

    result = jetbench("compare", *runs_compared, "--metric", "p50")

    assert "pull-batch/same: 100 messages refused" in result.output
    assert "pull-batch/slow: whether messages were lost nobody can tell" in result.output


def test_nothing_is_told_of_a_cell_of_another_run_whose_trials_are_invalid(directory: Path) -> None:
    """Three valid ones of five are left; what made two invalid has probably touched them."""
    finding = {"level": "invalid", "code": "made-up", "text": "It is made up so."}
    make_run(directory / "results" / "two", scales={"old": 1.5})
    for block in (1, 2):
        edit_trials(directory / "results" / "two", f"old-b{block}", findings=[finding])

    result = jetbench("compare", "one", "two", "--metric", "p50")

    assert "No interval for any of these: pull-batch/old: 2 of 5 trials invalid" in result.output
    assert re.search(r"warning: two: conclude nothing from small-events", result.output)


def test_the_longest_of_a_trial_is_not_the_longest_of_those_that_came(directory: Path) -> None:
    """One message more was due than came: it had waited for the drain's one second when it ended.

    The longest that came took some 16 ms.
    """
    edit_trials(directory / "results" / "one", "old", window_counts={"offered": 12_001})

    output = jetbench("show", "one", trial_id(directory, "old")).output

    (line,) = (row for row in output.splitlines() if row.strip().startswith("end-to-end"))
    assert line.rstrip().endswith("≥ 1.00 s"), line


def test_a_gate_says_which_trials_were_never_measured(directory: Path) -> None:
    """Whoever looks at the green of a run that was interrupted must know that it was."""
    shutil.rmtree(directory / "results/one/trials" / trial_id(directory, "old"))

    output = jetbench("gate", "one", "--rules", "gates.yaml", "--baseline", "old").output

    assert "▲ Gate. 1 planned trial of 15 has no record" in output
    assert "`jetbench run --resume one` measures the rest" in output


def trial_id(directory: Path, cell: str) -> str:
    """Return the first trial of a cell."""
    return min(path.name for path in (directory / "results/one/trials").glob(f"*{cell}*"))
