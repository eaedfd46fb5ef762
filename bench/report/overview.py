"""The list of all runs that have a report, and how figures went from run to run.

Made from what the reports themselves carry (`bench.report.run_summary`). History only: runs share
no blocks, so nothing here is a comparison, let alone a gate (MEASUREMENT.md R10).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote

from bench.core import text
from bench.core.direction import isolated
from bench.core.marks import State
from bench.judgement.summary import RunSummary
from bench.judgement.trends import Trend, trends_of
from bench.judgement.turns import LEAST_RUNS, Turn, told_runs, turns_of
from bench.report import html, trend, turning
from bench.report.kept_reports import read_reports
from bench.report.model import Name, Page, Section, Sentence
from bench.report.tables import Column, Entry, Row, Table, Tone, marked, pairs, untold

MIN_RUNS = 2
"""A figure that was measured once has no history."""

TRENDS = "trends"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reports:
    """What stands in reports/ and results/.

    Attributes:
        runs: newest first.
        broken: name of a report -> why it cannot be read.
        unreported: runs with results and without a report.
    """

    runs: tuple[RunSummary, ...]
    broken: Mapping[str, str]
    unreported: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Followed:
    """A trend and its turns, which cost a second to find."""

    trend: Trend
    turns: tuple[Turn, ...]


def write_overview(results_dir: Path, reports_dir: Path) -> Path:
    """Write `reports_dir`/index.html and a page for each trend; return the path of the first.

    A report that cannot be read is named with its reason; it keeps no other from being listed.

    Raises:
        StorageError: the disk refuses.
    """
    found = _read(results_dir, reports_dir)
    known = [each for each in trends_of(found.runs) if len(each.points) >= MIN_RUNS]
    trends = [_Followed(each, turns_of(each)) for each in known]
    for each in trends:
        page = html.render_page(trend.page(each.trend, each.turns))
        html.write_text(reports_dir / TRENDS / trend.file_name(each.trend), page)
    path = reports_dir / "index.html"
    html.write_text(path, html.render_page(_page(found, trends)))
    return path


def _read(results_dir: Path, reports_dir: Path) -> _Reports:
    reported = read_reports(reports_dir)
    names = {*reported.runs, *reported.broken}
    kept = sorted(path.parent.name for path in results_dir.glob("*/plan.json"))
    newest = sorted(reported.runs.values(), key=lambda run: (run.started_utc, run.run_id))
    return _Reports(
        runs=tuple(reversed(newest)),
        broken=reported.broken,
        unreported=tuple(name for name in kept if name not in names),
    )


def _page(found: _Reports, trends: Sequence[_Followed]) -> Page:
    shown = (
        _runs_section(found.runs) if found.runs else None,
        _trends_section(trends) if trends else None,
        _unread_section(found) if found.broken or found.unreported else None,
    )
    lead: Sentence = (
        f"{text.plural(len(found.runs), 'run')}, newest first. Figures of different runs share "
        "no blocks: what lies between them may be the host.",
    )
    return Page(
        above="All runs",
        title="Reports",
        lead=(lead if found.runs else _NONE_YET,),
        home="#top",
        sections=tuple(section for section in shown if section is not None),
    )


_NONE_YET = ("No report can be read yet. ", Name("jetbench run"), " makes the first.")


def _runs_section(runs: Sequence[RunSummary]) -> Section:
    table = Table(
        "all-runs",
        "Every run that has a report. A click on a heading sorts.",
        "Run",
        sortable=True,
        cards="runs",
    ).of(runs, lambda run: Row((run.run_id,), href=f"{quote(run.run_id)}/index.html"), _RUN)
    return Section("runs", "Runs", (table,))


def _outcome(run: RunSummary) -> Entry:
    """Return what came out, beneath it what does not hold and what was asked."""
    beneath = " · ".join((*run.doubts, isolated(run.question or run.label)))
    return Entry(run.outcome, detail=beneath, order=run.outcome)


def _sure(run: RunSummary) -> Entry:
    if run.boxes is None:
        return untold("written by an older jetbench")
    box = run.boxes.sure
    return Entry(box.marked, hint=box.text, order=box.word)


def _valid(run: RunSummary) -> Entry:
    whole = run.valid == run.planned
    state = State.HOLDS if whole else State.DOUBTFUL
    return Entry(
        f"{state.mark} {run.valid} of {run.planned}",
        detail="" if whole else f"{run.invalid} invalid, {run.missing} missing",
        order=run.valid,
        tone=Tone.PLAIN if whole else Tone.WARNING,
    )


def _started(run: RunSummary) -> Entry:
    return Entry(text.minute(run.started_utc), order=run.started_utc)


def _where(run: RunSummary) -> Entry:
    return Entry(run.server, detail=run.machine, order=run.server)


_RUN = (
    Column("Started, UTC", _started, "words"),
    Column("What came out", _outcome, "prose"),
    Column("How sure", _sure, "words"),
    Column("Valid trials", _valid, "words"),
    Column("Server and host", _where, "words"),
)


def _trends_section(trends: Sequence[_Followed]) -> Section:
    table = Table(
        "all-trends",
        "Each variant under each workload that was measured in two runs or more",
        "Workload, variant",
        sortable=True,
    ).of(trends, _trend_heading, _TREND)
    lead: Sentence = ("History, not a gate: a step may be the host, the server or the settings.",)
    return Section("trends", "Over time", (table,), lead=(lead,))


def _trend_heading(of: _Followed) -> Row:
    name = f"{isolated(of.trend.workload)}, {isolated(of.trend.variant)}"
    return Row((name,), href=f"{TRENDS}/{quote(trend.file_name(of.trend))}")


def _runs(of: _Followed) -> Entry:
    count = len(of.trend.points)
    return Entry(text.count(count), order=count)


def _last(of: _Followed) -> str:
    return text.minute(of.trend.points[-1].run.started_utc)


def _step(of: _Followed) -> Entry:
    """Return the last step, sorted by its run; none is told of a short history."""
    if of.turns:
        turn = of.turns[-1]
        order = of.trend.points[turn.place].run.started_utc
        state, words = turning.state_of(turn), turning.last(of.trend, of.turns)
        entry = marked(state, words) if state else Entry(words)
        return replace(entry, order=order)
    if told_runs(of.trend) < LEAST_RUNS:
        return untold(f"told from {LEAST_RUNS} runs on")
    return Entry("none", tone=Tone.MUTED)


_TREND = (
    Column("Runs", _runs, "words"),
    Column("Last, UTC", _last, "words"),
    Column("Last step", _step, "prose"),
    Column[_Followed]("What else changed", lambda of: trend.sameness(of.trend), "words"),
)


def _unread_section(found: _Reports) -> Section:
    broken = ((run, _unreadable(why)) for run, why in found.broken.items())
    unreported = ((run, "no report yet") for run in found.unreported)
    caption = "jetbench report RUN rebuilds a report from the run's records"
    table = pairs("unread", caption, "Run", (*broken, *unreported), value="Why")
    return Section("not-listed", "Not listed", (table,))


def _unreadable(why: str) -> Entry:
    return marked(State.DOUBTFUL, f"not readable: {why}")
