"""A run in short: what the list of runs and the trends are made of.

Each report carries its own, so that a list of a hundred runs need not read their histograms.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Annotated, Any

from pydantic import AliasChoices, BeforeValidator, Field, TypeAdapter

from bench.analysis import shortfalls
from bench.analysis.figures import LagVerdict
from bench.analysis.validity import reproach_of
from bench.core import text
from bench.core.direction import isolated
from bench.core.marks import State
from bench.judgement.cells import NOBODY_CAN_TELL
from bench.judgement.choosing import capital
from bench.judgement.model import Boxes, CellJudgement, Judgement, Pace
from bench.judgement.records import all_trials, clients
from bench.plan.model import Cell
from bench.record.reading import Schema, parse_json
from bench.record.schema import Environment
from bench.spec.criteria import count_word
from bench.spec.later import unsaid_keys
from bench.spec.metrics import Metric, View, metric_of
from bench.spec.variant import Settings
from bench.spec.workload import Workload

_LATER_GROUPS = (
    "handler",
    "respond",
    "bucket",
    "read",
    "writes",
    "disturbances",
    "failure",
    "effect",
)
"""Of the settings; the first reports knew nothing of them."""

_DEFAULTS = {name: getattr(Settings(), name) for name in _LATER_GROUPS}

_FOLLOWED = (50.0, 99.0)
"""Percentiles of times."""

SCHEMA_VERSION = 2
FIRST_VERSION = 1
"""Still read: it said what came out, and not how sure that is."""

_FIRST_PACES = {
    LagVerdict.STABLE: Pace.KEEPS_UP,
    LagVerdict.DRAINING: Pace.KEEPS_UP,
    LagVerdict.GROWING: Pace.FALLS_BEHIND,
    LagVerdict.INCONCLUSIVE: Pace.UNTOLD,
}
"""What the first version wrote in its place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CellSummary:
    """A cell of a run.

    Attributes:
        workload: its name.
        variants: every `config/variant` it goes by.
        settings: digest of its workload and settings; the same name need not mean the same thing.
        valid: valid trials.
        pace: whether it keeps up; None where nothing can be concluded from it.
        figures: metric key -> value and 90 % interval, which is None with too few trials; of what
            trends tell of alone.
        short: messages that were lost or refused, say, in words; empty without any, None in
            summaries of versions that did not keep it.
    """

    workload: str
    variants: tuple[str, ...]
    settings: str
    valid: int
    pace: Annotated[
        Pace | None,
        Field(validation_alias=AliasChoices("pace", "lag_verdict")),
        BeforeValidator(lambda word: _FIRST_PACES.get(word, word)),
    ]
    figures: Mapping[str, tuple[float, float | None, float | None]]
    short: str | None = None

    @property
    def short_state(self) -> State | None:
        """Whether messages fell short (FAILS) or nobody can tell (DOUBTFUL); None for neither."""
        if not self.short:
            return None
        return State.DOUBTFUL if self.short.endswith(NOBODY_CAN_TELL) else State.FAILS


@dataclass(frozen=True, slots=True, kw_only=True)
class _Measured:
    """What every version of a summary tells.

    Attributes:
        schema_version: of this summary.
        run_id, label, question, started_utc: as in its plan and environment.
        machine: host, CPU and how many of them.
        server: name and version.
        client: name and version; empty when no trial tells.
        planned, valid, invalid, missing: trials.
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
    cells: tuple[CellSummary, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary(_Measured):
    """A run in short.

    Attributes:
        headline: what came out, without its mark; empty in a first version without a verdict.
        state: of the headline; None where nothing was asked to hold.
        boxes: the four answers; None in a first version.
        sentences: workload and what came out under it.
        host, cpu, kernel, jetbench: where and with what it was measured, one by one; empty in
            summaries of versions that did not keep them.
    """

    headline: str
    state: State | None
    boxes: Boxes | None
    sentences: tuple[tuple[str, str], ...]
    host: str = ""
    cpu: str = ""
    kernel: str = ""
    jetbench: str = ""

    @property
    def outcome(self) -> str:
        """The headline after its mark; where a first version has none, what came out."""
        if not self.headline:
            return self.said
        return f"{self.state.mark} {self.headline}" if self.state else self.headline

    @property
    def doubts(self) -> tuple[str, ...]:
        """What failed or cannot be told, beside the headline; empty where all holds."""
        boxes = (self.boxes.failed, self.boxes.keeps_up) if self.boxes else ()
        good = (State.HOLDS, None)  # what limits a capacity is no doubt
        return tuple(f"{box.asks}: {box.marked}" for box in boxes if box.state not in good)

    @property
    def said(self) -> str:
        """What came out under each workload."""
        alone = len(self.sentences) == 1
        return " ".join(
            each if alone else f"{isolated(name)}: {each}" for name, each in self.sentences
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _First(_Measured):
    """A summary of the first version.

    Attributes:
        verdict: of a gate, or of the matrix's criteria, after a mark; empty without either.
        answers: workload and what came out under it.
    """

    verdict: str
    answers: tuple[tuple[str, str], ...]


_SUMMARY, _FIRST = TypeAdapter(RunSummary), TypeAdapter(_First)


def as_json(summary: RunSummary) -> dict[str, Any]:
    """Return a summary as dicts, lists, texts and numbers; its version comes first."""
    found: dict[str, Any] = _SUMMARY.dump_python(summary, mode="json")
    return found


def parsed(name: str, content: bytes) -> RunSummary:
    """Return the summary that JSON holds; `name` leads what is said of it.

    Raises:
        RecordError: it is no summary, or one of an unknown version.
    """
    if content.startswith(b'{"schema_version":%d,' % FIRST_VERSION):
        return _from_first(parse_json(name, content, Schema(adapter=_FIRST, version=FIRST_VERSION)))
    return parse_json(name, content, Schema(adapter=_SUMMARY, version=SCHEMA_VERSION))


def _from_first(old: _First) -> RunSummary:
    common = {each.name: getattr(old, each.name) for each in fields(_Measured)}
    return RunSummary(**common, headline=old.verdict, state=None, boxes=None, sentences=old.answers)


def summarised(judged: Judgement) -> RunSummary:
    """Return a run in short."""
    figures = judged.figures
    environment, found = figures.environment, all_trials(figures)
    valid = sum(trial.record.valid for trial in found)
    return RunSummary(
        schema_version=SCHEMA_VERSION,
        run_id=figures.run_id,
        label=figures.plan.label,
        question=figures.plan.question,
        started_utc=environment.started_utc,
        machine=_machine(environment),
        server=f"{isolated(environment.server)} {environment.server_version}",
        client=clients(figures),
        planned=len(figures.plan.trials),
        valid=valid,
        invalid=len(found) - valid,
        missing=len(figures.missing),
        headline=judged.headline,
        state=judged.state,
        boxes=judged.boxes,
        sentences=_sentences(judged),
        host=environment.host,
        cpu=environment.cpu_model,
        kernel=environment.kernel,
        jetbench=environment.jetbench,
        cells=() if judged.sought else tuple(_cells(judged)),
    )


def _sentences(judged: Judgement) -> tuple[tuple[str, str], ...]:
    if judged.capacities:
        return tuple((each.variant, f"{capital(each.holds)}.") for each in judged.capacities)
    if judged.tuning is not None:
        names = (each.figures.name for each in judged.workloads)
        return tuple((name, f"{capital(judged.tuning.holds)}.") for name in names)
    return tuple((each.figures.name, each.sentence) for each in judged.workloads)


def _cells(judged: Judgement) -> Iterator[CellSummary]:
    """Yield every cell; what a search tried is none, at rates or settings that no other run has."""
    for workload in judged.workloads:
        for cell in workload.cells:
            yield _cell(cell, sound=not workload.reproach and not reproach_of(cell.cell))


def _machine(environment: Environment) -> str:
    host, cpu = isolated(environment.host), isolated(environment.cpu_model)
    return f"{host}, {cpu}, {environment.cpus} CPUs"


def _cell(judged: CellJudgement, *, sound: bool) -> CellSummary:
    """Return a cell in short; one that nothing can be concluded from has no figures to follow."""
    cell = judged.cell
    return CellSummary(
        workload=cell.cell.workload_name,
        variants=tuple(str(variant) for variant in cell.cell.variants),
        settings=_digest(cell.cell),
        valid=sum(trial.record.valid for trial in cell.trials),
        pace=judged.pace if sound else None,
        figures={
            key: (e.value, e.low, e.high)
            for key, e in (cell.estimates if sound else {}).items()
            if _followed(metric_of(key))
        },
        short=_short(judged),
    )


def _followed(metric: Metric) -> bool:
    """Say whether trends tell of a figure: others would make each report larger for nobody."""
    return metric.percentile in _FOLLOWED or View.TREND in metric.shown


def _short(judged: CellJudgement) -> str:
    if judged.short_msgs:
        return shortfalls.written(judged.short_msgs, [judged.cell])
    words = text.listed([count_word(word) for word in judged.untold])
    return f"whether messages were {words} {NOBODY_CAN_TELL}" if words else ""


def _digest(cell: Cell) -> str:
    # A group of settings that came later means at its default what was meant without it: reports
    # that were written before must not look as if their settings had been changed since.
    groups = {name for name in _LATER_GROUPS if getattr(cell.settings, name) == _DEFAULTS[name]}
    unsaid: dict[str, Any] = {**unsaid_keys(cell.settings), **dict.fromkeys(groups, True)}
    content = _workload_said(cell.workload) + cell.settings.model_dump_json(exclude=unsaid)
    return hashlib.sha256(content.encode()).hexdigest()[:12]


def _workload_said(workload: Workload) -> str:
    """Return a workload as its identity has it: a trace counts by its content, not by its place.

    One without a trace is what it was before there were any, and so is whatever else came later.
    """
    without = getattr(workload, "trace", None) is None
    return workload.model_dump_json(
        exclude={**workload.unsaid, "trace": True if without else {"file"}}
    )
