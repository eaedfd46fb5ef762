"""What the report says about the run as a whole."""

from dataclasses import replace

import pytest

from bench.analysis.figures import RunFigures
from bench.report import build, settings, trials
from bench.report.model import Tone, plain
from bench.spec.variant import Settings
from tests.gate.figures import run_of
from tests.report.factory import run_figures
from tests.report.trial_factory import Variant

ONE = Variant(names=("c/one",), settings={"pull": {"batch": 1}}, p50_ms=1.0)
TWO = Variant(names=("c/two",), settings={"pull": {"batch": 2}}, p50_ms=1.1)


def figures(*, blocks: int = 5, quick: bool = False, with_fault: bool = False) -> RunFigures:
    made = run_figures(variants=(ONE, TWO), workloads=("w",), blocks=blocks, with_fault=with_fault)
    return replace(made, plan=replace(made.plan, quick=quick))


def noticed(run: RunFigures) -> str:
    return " ".join(f"{n.word}. {plain(n.sentence)}" for n in build.notices(run))


def test_a_full_run_needs_no_warning() -> None:
    """A warning that always stands is read by nobody."""
    assert noticed(figures()) == ""


@pytest.mark.parametrize("run", [figures(quick=True), figures(blocks=4)])
def test_a_quick_look_says_what_it_cannot_support(run: RunFigures) -> None:
    """Three blocks cannot fail a build (MEASUREMENT.md R8), however clear the plot looks."""
    assert "cannot decide between close cells" in noticed(run)


def test_a_single_block_admits_that_the_first_may_be_chance() -> None:
    """Without an interval a rank is a draw of lots."""
    assert "what stands first may be chance" in noticed(figures(blocks=1))


def test_invalid_and_missing_trials_stand_on_top() -> None:
    """They shrink what the figures rest on, so they must not wait at the end of the page."""
    run = figures(with_fault=True)
    words = noticed(run)

    assert "1 invalid trial." in words
    assert "1 missing trial." in words
    assert f"jetbench run --resume {run.run_id}" in words


def test_warnings_of_valid_trials_stand_on_top_too() -> None:
    """A figure with a caveat that is only found at the end was read without it."""
    words = noticed(run_figures())

    assert "Warnings in 10 trials." in words
    assert "drain-cut-short" in words


def test_the_head_counts_valid_trials_of_those_planned() -> None:
    """9 of 9 valid would hide that a tenth was never run."""
    fact = build.build(figures(with_fault=True)).facts[0]

    assert fact.text == "▲ 8 of 10"
    assert fact.detail == "1 invalid, 1 missing"


def test_invalid_findings_come_first() -> None:
    """The reader stops at the first line; it must be the one that matters most."""
    table = trials.findings_table(run_figures())

    assert [row.names[0] for row in table.rows] == ["generator-saturated", "drain-cut-short"]
    assert table.rows[0].entries[0].text == "✕ invalid"


def test_the_ledger_holds_every_planned_trial() -> None:
    """A trial without a line would be a trial dropped in silence."""
    run = figures(with_fault=True)
    rows = trials.ledger_table(run).rows

    assert {row.names[0] for row in rows} == {trial.id for trial in run.plan.trials}
    assert rows[-1].entries[0].text == "missing"


def test_an_invalid_trial_gives_its_reason() -> None:
    """'invalid' alone sends the reader searching."""
    rows = trials.ledger_table(figures(with_fault=True)).rows
    state = next(row.entries[0] for row in rows if row.entries[0].tone is Tone.BAD)

    assert "slip p99 was 41 ms" in state.hint


def test_only_settings_that_differ_are_compared() -> None:
    """Thirty equal rows would hide the one that explains the result."""
    first = Settings.model_validate({"pull": {"batch": 1}})
    second = Settings.model_validate({"pull": {"batch": 2}, "consumer": {"ack_wait": "30s"}})

    assert settings.differing([first, second]) == [
        ("consumer.ack_wait", ("default", "30s")),
        ("pull.batch", ("1", "2")),
    ]


def test_every_id_of_the_page_is_its_own() -> None:
    """Two elements of one id would make a link land on the wrong figures."""
    report = build.build(run_figures())
    ids = [section.id for section in report.sections]
    ids += [inner.id for section in report.sections for inner in section.sections]

    assert len(ids) == len(set(ids))


def test_a_workload_is_described_in_its_own_units() -> None:
    """The load is half of the result: rate, payload and handler belong beside it."""
    words = settings.workload_words(run_figures().plan, "mixed-payload")

    assert "5000/s offered by 1 publisher (constant arrivals)" in words
    assert "payload 95% 1KiB and 5% 32KiB" in words
    assert "handler p50 1ms, p99 4ms" in words


def test_a_broken_off_trial_is_reported_without_figures() -> None:
    """The run that went wrong is the one whose report is needed most."""
    run = figures(blocks=1)
    cell = run.workloads[0].cells[0]
    trial = cell.trials[0]
    record = replace(
        trial.record,
        completed=False,
        window=None,
        window_counts=None,
        slices=None,
        ledger=None,
        processes=(),
        software=None,
    )
    broken = replace(
        trial, record=record, times={}, rates=None, lag=None, cpu_us_per_msg={}, series=None
    )
    bare = replace(cell, trials=(broken,), estimates={}, lag_verdict=None, times={})
    nothing = tuple(replace(bare, cell=one.cell) for one in run.workloads[0].cells)
    run = replace(run, workloads=(replace(run.workloads[0], cells=nothing, decisions={}),))

    report = build.build(run)

    assert plain(report.answers[0].sentences[0]).startswith(
        "Nothing can be concluded: the baseline cannot be relied on (c/one: none of 1 trial is"
    )
    assert trials.ledger_table(run).rows[0].entries[0].text == "✕ broke off"


def test_an_invalid_cell_stands_on_top_and_not_the_whole_run() -> None:
    """One of six cells has two invalid trials of five; of one of two, the workload is invalid."""
    good, bad = (1.0, 1.0, 1.0, 1.0, 1.0), (None, None, 1.0, 1.0, 1.0)
    six = run_of({**dict.fromkeys("acdef", good), "b": bad})
    two = run_of({"a": good, "b": bad})

    assert "Invalid cell. Conclude nothing, under small-events, from pull-batch/b: " in noticed(six)
    assert "Invalid workload" not in noticed(six)
    assert "Invalid workload. Conclude nothing from small-events: 1 of 2 cells" in noticed(two)
