"""The list of all runs that have a report, and how figures went from run to run.

Made from what the reports themselves carry (`bench.report.run_summary`). History only: runs share
no blocks, so nothing here is a comparison, let alone a gate (MEASUREMENT.md R10).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from bench.core import text
from bench.core.errors import RecordError
from bench.core.marks import State
from bench.report import html, run_summary, trend
from bench.report.model import Column, Entry, Name, Page, Row, Section, Sentence, Table, Tone
from bench.report.run_summary import RunSummary
from bench.report.trend import Trend

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


def write_overview(results_dir: Path, reports_dir: Path) -> Path:
    """Write `reports_dir`/index.html and a page for each trend; return the path of the first.

    A report that cannot be read is named with its reason; it keeps no other from being listed.

    Raises:
        StorageError: the disk refuses.
    """
    found = _read(results_dir, reports_dir)
    trends = [each for each in trend.trends(found.runs) if len(each.points) >= MIN_RUNS]
    for each in trends:
        html.write_whole(reports_dir / TRENDS / each.file_name, html.render_page(trend.page(each)))
    path = reports_dir / "index.html"
    html.write_whole(path, html.render_page(_page(found, trends)))
    return path


def _read(results_dir: Path, reports_dir: Path) -> _Reports:
    runs: list[RunSummary] = []
    broken: dict[str, str] = {}
    pages = sorted(reports_dir.glob("*/index.html"))
    for page in pages:
        try:
            runs.append(run_summary.read(page))
        except RecordError as error:
            broken[page.parent.name] = str(error).removeprefix(f"{page}: ")
    reported = {page.parent.name for page in pages}
    kept = sorted(path.parent.name for path in results_dir.glob("*/plan.json"))
    return _Reports(
        runs=tuple(sorted(runs, key=lambda run: (run.started_utc, run.run_id), reverse=True)),
        broken=broken,
        unreported=tuple(name for name in kept if name not in reported),
    )


def _page(found: _Reports, trends: Sequence[Trend]) -> Page:
    shown = (
        Section(id="runs", title="Runs", blocks=(_runs_table(found),)) if found.runs else None,
        _trends_section(trends) if trends else None,
        _unread_section(found) if found.broken or found.unreported else None,
    )
    lead: list[Sentence] = [
        (f"{text.plural(len(found.runs), 'run')}, newest first. Figures of different runs share "
         "no blocks: what lies between them may be the host.",)
    ]  # fmt: skip
    if not found.runs:
        lead = [("No report can be read yet. ", Name("jetbench run"), " makes the first.")]
    return Page(
        above="All runs",
        title="Reports",
        lead=tuple(lead),
        home="#top",
        sections=tuple(section for section in shown if section is not None),
    )


def _runs_table(found: _Reports) -> Table:
    return Table(
        id="all-runs",
        caption="Every run that has a report. A click on a heading sorts.",
        head="Run",
        columns=(
            Column(title="Started, UTC", numeric=False),
            Column(title="What came out", numeric=False, prose=True),
            Column(title="How sure", numeric=False),
            Column(title="Valid trials", numeric=False),
            Column(title="Server and host", numeric=False),
        ),
        rows=tuple(_run_row(run) for run in found.runs),
        sortable=True,
        cards="runs",
    )


def _run_row(run: RunSummary) -> Row:
    whole = run.valid == run.planned
    state = State.HOLDS if whole else State.DOUBTFUL
    return Row(
        names=(run.run_id,),
        href=f"{quote(run.run_id)}/index.html",
        entries=(
            Entry(text=text.minute(run.started_utc), order=run.started_utc),
            _outcome(run),
            _sure(run),
            Entry(
                text=f"{state.mark} {run.valid} of {run.planned}",
                detail="" if whole else f"{run.invalid} invalid, {run.missing} missing",
                order=run.valid,
                tone=Tone.PLAIN if whole else Tone.WARNING,
            ),
            Entry(text=run.server, detail=run.machine, order=run.server),
        ),
    )


def _outcome(run: RunSummary) -> Entry:
    """Return what came out, beneath it what does not hold and what was asked."""
    beneath = " · ".join((*run.doubts, run.question or run.label))
    return Entry(text=run.outcome, detail=beneath, order=run.outcome)


def _sure(run: RunSummary) -> Entry:
    if run.boxes is None:
        return Entry(text=text.NA, hint="written by an older jetbench", tone=Tone.MUTED)
    box = run.boxes.sure
    return Entry(text=box.marked, hint=box.text, order=box.word)


def _trends_section(trends: Sequence[Trend]) -> Section:
    rows = tuple(
        Row(
            names=(f"{each.workload}, {each.variant}",),
            href=f"{TRENDS}/{quote(each.file_name)}",
            entries=(
                Entry(text=text.count(len(each.points)), order=len(each.points)),
                Entry(text=text.minute(each.points[-1].run.started_utc)),
                trend.sameness(each),
            ),
        )
        for each in trends
    )
    table = Table(
        id="all-trends",
        caption="Each variant under each workload that was measured in two runs or more",
        head="Workload, variant",
        columns=(
            Column(title="Runs", numeric=False),
            Column(title="Last, UTC", numeric=False),
            Column(title="What else changed", numeric=False),
        ),
        rows=rows,
        sortable=True,
    )
    lead: Sentence = ("History, not a gate: a step may be the host, the server or the settings.",)
    return Section(id="trends", title="Over time", lead=(lead,), blocks=(table,))


def _unread_section(found: _Reports) -> Section:
    broken = tuple(
        Row(names=(name,), entries=(Entry(text=f"▲ not readable: {why}", tone=Tone.WARNING),))
        for name, why in found.broken.items()
    )
    unreported = tuple(
        Row(names=(name,), entries=(Entry(text="no report yet"),)) for name in found.unreported
    )
    table = Table(
        id="unread",
        caption="jetbench report RUN rebuilds a report from the run's records",
        head="Run",
        columns=(Column(title="Why", numeric=False, prose=True),),
        rows=(*broken, *unreported),
    )
    return Section(id="not-listed", title="Not listed", blocks=(table,))
