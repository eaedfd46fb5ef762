"""A run in short, carried by its report: what the list of runs and the trends are made of.

A report tells its own summary, so that a list of a hundred runs need not read their histograms.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter

from bench.analysis import shortfalls
from bench.analysis.figures import CellFigures, LagVerdict, RunFigures
from bench.analysis.validity import reproach_of, reproach_of_workload
from bench.core.errors import RecordError
from bench.gate.verdict import GateResult
from bench.plan.model import Cell
from bench.record.reading import bounded_bytes, parse_json
from bench.report import judgement, standing, trials
from bench.report.embed import embedded
from bench.report.model import plain
from bench.spec.variant import Settings

_LATER_GROUPS = ("handler",)
"""Of the settings; the first reports knew nothing of them."""

_DEFAULTS = {name: getattr(Settings(), name) for name in _LATER_GROUPS}

PERHAPS_LOST = "perhaps lost, nobody can tell"

SCHEMA_VERSION = 1
ELEMENT_ID = "run-summary"
_ELEMENT = re.compile(
    rf'<script type="application/json" id="{ELEMENT_ID}">(.*?)</script>'.encode(), re.S
)
MAX_PAGE_BYTES = 512 * 1024**2
"""Above a report of some thousand trials."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CellSummary:
    """A cell of a run.

    Attributes:
        workload: its name.
        variants: every `config/variant` it goes by.
        settings: digest of its workload and settings; the same name need not mean the same thing.
        valid: valid trials.
        lag_verdict: over them; None without one.
        figures: metric key -> value and 90 % interval, which is None with too few trials.
        short: messages that were lost or refused, say, in words; empty without any, None in
            summaries of versions that did not keep it.
    """

    workload: str
    variants: tuple[str, ...]
    settings: str
    valid: int
    lag_verdict: LagVerdict | None
    figures: Mapping[str, tuple[float, float | None, float | None]]
    short: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary:
    """A run in short.

    Attributes:
        schema_version: of this summary.
        run_id, label, question, started_utc: as in its plan and environment.
        machine: host, CPU and how many of them.
        server: name and version.
        client: name and version; empty when no trial tells.
        planned, valid, invalid, missing: trials.
        verdict: of a gate, or of the matrix's criteria; empty without either.
        answers: what came out, a sentence for each workload.
        cells: in the plan's order.
    """

    schema_version: int
    run_id: str
    label: str
    question: str
    started_utc: str
    machine: str
    server: str
    client: str
    planned: int
    valid: int
    invalid: int
    missing: int
    verdict: str
    answers: tuple[tuple[str, str], ...]
    cells: tuple[CellSummary, ...]


_SUMMARY = TypeAdapter(RunSummary)


def document(figures: RunFigures, gate: GateResult | None) -> str:
    """Return the summary of a run as JSON, safe inside a script element."""
    return embedded(_SUMMARY.dump_python(_summarised(figures, gate), mode="json"))


def read(page: Path) -> RunSummary:
    """Return the summary that a report carries.

    Raises:
        RecordError: the file cannot be read, carries none, or one of another version.
    """
    content = bounded_bytes(page, MAX_PAGE_BYTES)
    found = _ELEMENT.search(content)
    if found is None:
        raise RecordError(f"{page}: carries no summary: written by another jetbench")
    return parse_json(f"{page}: its summary", found[1], _SUMMARY, SCHEMA_VERSION)


def _summarised(figures: RunFigures, gate: GateResult | None) -> RunSummary:
    environment, found = figures.environment, trials.all_trials(figures)
    valid = sum(trial.record.valid for trial in found)
    return RunSummary(
        schema_version=SCHEMA_VERSION,
        run_id=figures.run_id,
        label=figures.plan.label,
        question=figures.plan.question,
        started_utc=environment.started_utc,
        machine=f"{environment.host}, {environment.cpu_model}, {environment.cpus} CPUs",
        server=f"{environment.server} {environment.server_version}",
        client=trials.clients(figures),
        planned=len(figures.plan.trials),
        valid=valid,
        invalid=len(found) - valid,
        missing=len(figures.missing),
        verdict=judgement.sentence(figures, gate),
        answers=tuple(
            (workload.name, plain(standing.answers(workload, figures.plan.baseline)[0]))
            for workload in figures.workloads
        ),
        cells=tuple(
            _cell(cell, sound=not reproach_of(cell) and not spoilt)
            for workload in figures.workloads
            for spoilt in (reproach_of_workload(workload, figures.plan.baseline),)
            for cell in workload.cells
        ),
    )


def _cell(cell: CellFigures, *, sound: bool) -> CellSummary:
    """Return a cell in short; one that nothing can be concluded from has no figures to follow."""
    return CellSummary(
        workload=cell.cell.workload_name,
        variants=tuple(str(variant) for variant in cell.cell.variants),
        settings=_digest(cell.cell),
        valid=sum(trial.record.valid for trial in cell.trials),
        lag_verdict=cell.lag_verdict if sound else None,
        figures={
            key: (e.value, e.low, e.high) for key, e in (cell.estimates if sound else {}).items()
        },
        short=_short(cell),
    )


def _short(cell: CellFigures) -> str:
    if fell_short := shortfalls.of_cell(cell):
        return shortfalls.written(fell_short)
    return PERHAPS_LOST if standing.lost(cell) is None else ""


def _digest(cell: Cell) -> str:
    # A group of settings that came later means at its default what was meant without it: reports
    # that were written before must not look as if their settings had been changed since.
    unsaid = {name for name in _LATER_GROUPS if getattr(cell.settings, name) == _DEFAULTS[name]}
    content = cell.workload.model_dump_json() + cell.settings.model_dump_json(exclude=unsaid)
    return hashlib.sha256(content.encode()).hexdigest()[:12]
