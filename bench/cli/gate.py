"""`jetbench gate`: rules written beforehand, judged on a run or on two sides measured for it."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from bench.analysis.figures import RunFigures
from bench.analysis.summary import summarise
from bench.cli.console import errors, output
from bench.cli.contest import Arena, measure
from bench.cli.measuring import (
    DEFAULT_PATIENCE,
    BinaryOption,
    ContextOption,
    CredsOption,
    PatienceOption,
    ServerOption,
    StoreOption,
    TuiOption,
    new_store,
    patience_of,
    target_of,
)
from bench.cli.options import (
    DEFAULT_REPORTS,
    DEFAULT_RESULTS,
    FILES_PANEL,
    MEASURING_PANEL,
    QuickOption,
    ReportsOption,
    ResultsOption,
    find_run,
)
from bench.cli.reporting import judged as judged_run
from bench.cli.reporting import write_report, write_text
from bench.cli.sides import Asked, check_clients, check_messages, contest_of, share_of
from bench.core.errors import UsageError
from bench.gate import junit
from bench.gate.calibration import knows, margin_warnings, objection
from bench.gate.files import read_calibration, result_json, write_result
from bench.gate.verdict import GateResult, Sides, exit_code, judge, looks_red
from bench.judgement.model import Judgement
from bench.plan.model import Cell
from bench.plan.names import find_variant
from bench.plan.sides import sides_plan
from bench.record.store import RunStore
from bench.report import markdown, terminal
from bench.runner.quiet import Patience
from bench.runner.target import Target
from bench.spec.choose import check_all, choose_variant, load_workloads
from bench.spec.decidable import too_few_blocks
from bench.spec.gates import Gates, load_gates

DEFAULT_BLOCKS = 5
RUN_PANEL = "Judging a RUN that exists"
SIDES_PANEL = "Measuring two sides"
_CALIBRATE = "jetbench calibrate --rules"


class OnInconclusive(StrEnum):
    """What an inconclusive gate does to the exit code."""

    FAIL = "fail"
    WARN = "warn"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Files:
    """Where the verdict is written besides the terminal; None where not asked for."""

    junit: Path | None
    markdown: Path | None
    json: Path | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Field:
    """On what two sides are measured, where that is kept, and how."""

    baseline: Target
    candidate: Target
    results: Path
    tui: bool
    patience: Patience


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judged:
    """A verdict and where it comes from."""

    store: RunStore
    figures: RunFigures
    result: GateResult


def gate(  # noqa: PLR0913, PLR0917 - each parameter is an option that the user sees
    rules: Annotated[
        str,
        typer.Option("--rules", metavar="FILE", help="A gate file, or its name in configs/gates."),
    ],
    run: Annotated[
        str | None,
        typer.Argument(metavar="[RUN]", help="Judge this run; leave out to measure two sides."),
    ] = None,
    baseline: Annotated[
        str | None,
        typer.Option(
            "--baseline",
            metavar="VARIANT",
            help="Of RUN: what others are held against.",
            rich_help_panel=RUN_PANEL,
        ),
    ] = None,
    candidate: Annotated[
        list[str] | None,
        typer.Option(
            "--candidate",
            metavar="VARIANT",
            help="Of RUN: who is judged; else all.",
            rich_help_panel=RUN_PANEL,
        ),
    ] = None,
    baseline_config: Annotated[
        str | None,
        typer.Option(
            "--baseline-config",
            metavar="CONFIG/VARIANT",
            help="Settings of the baseline.",
            rich_help_panel=SIDES_PANEL,
        ),
    ] = None,
    candidate_config: Annotated[
        str | None,
        typer.Option(
            "--candidate-config",
            metavar="CONFIG/VARIANT",
            help="Settings of the candidate; else the baseline's.",
            rich_help_panel=SIDES_PANEL,
        ),
    ] = None,
    baseline_server_bin: Annotated[
        Path | None,
        typer.Option(
            "--baseline-server-bin",
            metavar="FILE",
            help="nats-server of the baseline.",
            rich_help_panel=SIDES_PANEL,
        ),
    ] = None,
    candidate_server_bin: Annotated[
        Path | None,
        typer.Option(
            "--candidate-server-bin",
            metavar="FILE",
            help="nats-server of the candidate.",
            rich_help_panel=SIDES_PANEL,
        ),
    ] = None,
    baseline_client: Annotated[
        Path | None,
        typer.Option(
            "--baseline-client",
            metavar="DIR",
            help="Holds the nats-py of the baseline's workers.",
            rich_help_panel=SIDES_PANEL,
        ),
    ] = None,
    candidate_client: Annotated[
        Path | None,
        typer.Option(
            "--candidate-client",
            metavar="DIR",
            help="Likewise, of the candidate's workers.",
            rich_help_panel=SIDES_PANEL,
        ),
    ] = None,
    workload: Annotated[
        list[str] | None,
        typer.Option(
            "--workload",
            metavar="NAME",
            help="These alone; else all of the gate file.",
            rich_help_panel=MEASURING_PANEL,
        ),
    ] = None,
    blocks: Annotated[
        int,
        typer.Option(
            "--blocks",
            min=1,
            max=50,
            help="Of the first look; red takes twice.",
            rich_help_panel=MEASURING_PANEL,
        ),
    ] = DEFAULT_BLOCKS,
    seed: Annotated[
        int,
        typer.Option("--seed", min=0, help="Of order and load.", rich_help_panel=MEASURING_PANEL),
    ] = 1,
    quick: QuickOption = False,
    server: ServerOption = None,
    creds: CredsOption = None,
    context: ContextOption = None,
    server_bin: BinaryOption = None,
    store_dir: StoreOption = None,
    tui: TuiOption = True,
    patience: PatienceOption = DEFAULT_PATIENCE,
    plant_slow_handler: Annotated[
        str,
        typer.Option(
            "--plant-slow-handler",
            metavar="SHARE",
            help="Slow the candidate's handler, such as by 20%, to see the gate notice it.",
            rich_help_panel=SIDES_PANEL,
        ),
    ] = "",
    inconclusive: Annotated[
        OnInconclusive,
        typer.Option("--inconclusive", help="Whether not knowing fails (exit 3) or only warns."),
    ] = OnInconclusive.FAIL,
    junit_file: Annotated[
        Path | None,
        typer.Option(
            "--junit", metavar="FILE", help="Write JUnit XML.", rich_help_panel=FILES_PANEL
        ),
    ] = None,
    markdown_file: Annotated[
        Path | None,
        typer.Option(
            "--markdown",
            metavar="FILE",
            help="Write a Markdown summary.",
            rich_help_panel=FILES_PANEL,
        ),
    ] = None,
    json_file: Annotated[
        Path | None,
        typer.Option(
            "--json", metavar="FILE", help="Write the verdict as JSON.", rich_help_panel=FILES_PANEL
        ),
    ] = None,
    results: ResultsOption = DEFAULT_RESULTS,
    reports: ReportsOption = DEFAULT_REPORTS,
) -> None:
    """Judge rules on a run, or measure baseline and candidate in turns and judge those.

    Ends with 0 when all pass, 1 when one is broken, 3 when one cannot be decided, 4 when the
    measurement is invalid.
    """
    check_all(
        lambda: load_gates(rules),
        lambda: load_workloads(workload if run is None and workload else ()),
        *(partial(choose_variant, text) for text in (baseline_config, candidate_config) if text),
    )
    gates = load_gates(rules)
    asked = Asked(
        baseline=baseline_config,
        candidate=candidate_config,
        workloads=tuple(workload or ()),
        blocks=blocks,
        seed=seed,
        quick=quick,
        planted=share_of(plant_slow_handler),
    )
    of_sides = (
        *(baseline_config, candidate_config, baseline_server_bin, candidate_server_bin),
        *(baseline_client, candidate_client),
    )
    if plant_slow_handler or any(option is not None for option in of_sides):
        if run is not None or baseline is not None or candidate:
            raise UsageError("RUN, --baseline and --candidate are for a run that exists; leave out")
        old = target_of(server, creds, baseline_server_bin or server_bin, store_dir, context)
        new = target_of(server, creds, candidate_server_bin or server_bin, store_dir, context)
        old, new = (
            replace(target, client_path=path)
            for target, path in ((old, baseline_client), (new, candidate_client))
        )
        field = _Field(
            baseline=old,
            candidate=new,
            results=results,
            tui=tui,
            patience=patience_of(patience),
        )
        judged = _measured(gates, asked, field)
    else:
        if run is None:
            raise UsageError(
                "name a RUN to judge, such as `latest`, or what to measure: --baseline-config "
                "CONFIG/VARIANT, --candidate-config, --candidate-server-bin or --candidate-client"
            )
        chosen = gates.only(workload) if workload else gates
        judged = _kept(chosen, find_run(run, results), baseline, candidate or [])
    fails = inconclusive is OnInconclusive.FAIL
    files = _Files(junit=junit_file, markdown=markdown_file, json=json_file)
    judgement = judged_run(judged.figures, results, judged.result)
    _tell(judged, judgement, files, inconclusive_fails=fails)
    write_report(judgement, results, reports)
    raise typer.Exit(exit_code(judged.result, inconclusive_fails=fails))


def _kept(gates: Gates, store: RunStore, baseline: str | None, candidates: list[str]) -> _Judged:
    figures = summarise(store)
    name = baseline or figures.plan.baseline
    sides = Sides(
        baseline=find_variant(figures.plan, name) if name else None,
        candidates=tuple(find_variant(figures.plan, text) for text in candidates),
    )
    return _Judged(store=store, figures=figures, result=judge(figures, gates, sides))


def _measured(gates: Gates, asked: Asked, field: _Field) -> _Judged:
    contest, results = contest_of(gates, asked), field.results
    gates = gates.only(contest.baseline.workloads)
    plan = sides_plan(contest, blocks=asked.blocks, seed=asked.seed, quick=asked.quick)
    check_messages(gates, plan.cells)
    check_clients(contest, (field.baseline, field.candidate))
    sides = Sides(baseline=contest.baseline.name, candidates=(contest.candidate.name,))
    store = new_store(results, plan.label)
    warnings = list(_by_calibration(gates, plan.cells, results, asked.blocks))
    for warning in (*too_few_blocks(gates.rules, asked.blocks), *warnings):
        errors().print(f"warning: {warning}", markup=False, soft_wrap=True)
    arena = Arena(
        store=store,
        baseline=field.baseline,
        candidate=field.candidate,
        live=field.tui,
        patience=field.patience,
    )
    figures = measure(plan, arena, lambda seen: looks_red(seen, gates, sides))
    result = judge(figures, gates, sides)
    result = replace(
        result, warnings=(*result.warnings, *_now_known(figures, gates, results, warnings))
    )
    return _Judged(store=store, figures=figures, result=result)


def _by_calibration(
    gates: Gates, cells: tuple[Cell, ...], results: Path, blocks: int
) -> Iterator[str]:
    if not gates.compares:
        return
    calibration = read_calibration(results)
    if calibration is None:
        yield f"`{_CALIBRATE} {gates.file}` would say what this host can see; nobody has asked"
        return
    workloads = {cell.workload_name: cell.workload for cell in cells}
    if not knows(calibration, gates, workloads):
        yield f"`{_CALIBRATE} {gates.file}` is due: the last one was of other workloads or windows"
    yield from margin_warnings(calibration, gates, workloads, blocks=blocks)


def _now_known(
    figures: RunFigures, gates: Gates, results: Path, before: list[str]
) -> Iterator[str]:
    """Yield the warnings of a calibration, or why it did not hold after all."""
    calibration = read_calibration(results)
    why = objection(calibration, figures.environment, datetime.now(UTC)) if calibration else ""
    if why:
        yield f"the calibration says nothing: {why}; `{_CALIBRATE} {gates.file}` makes another"
    else:
        yield from before


def _tell(
    judged: _Judged, judgement: Judgement, files: _Files, *, inconclusive_fails: bool
) -> None:
    result, console = judged.result, output()
    terminal.print_judgement(judgement, console)
    console.print(f"results:  {judged.store.path}", markup=False, soft_wrap=True)
    write_result(judged.store, result)
    summary = markdown.render(judgement)
    if files.junit is not None:
        write_text(files.junit, junit.render(result, inconclusive_fails=inconclusive_fails))
    if files.markdown is not None:
        write_text(files.markdown, summary)
    if files.json is not None:
        write_text(files.json, result_json(result))
    if step_summary := os.environ.get("GITHUB_STEP_SUMMARY"):
        write_text(Path(step_summary), summary, append=True)
