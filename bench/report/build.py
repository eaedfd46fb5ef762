"""From the figures of a run to the report's view of them; the one place that knows its order."""

from collections.abc import Iterator, Sequence

from bench.analysis import shortfalls
from bench.analysis.figures import CellFigures, RunFigures, WorkloadFigures
from bench.analysis.ranking import ranking_key, ranking_time
from bench.analysis.validity import reproach_of, reproach_of_workload
from bench.core import text
from bench.core.marks import State
from bench.core.units import human_size
from bench.gate.calibration import Calibration
from bench.gate.verdict import GateResult
from bench.report import (
    cell_plots,
    comparison,
    curves,
    download,
    facts,
    forest,
    heatmap,
    judgement,
    method,
    overtime,
    run_summary,
    settings,
    standing,
    trials,
    trust,
    usage,
)
from bench.report.model import (
    Answer,
    Block,
    Code,
    Column,
    Disclosure,
    Entry,
    Gallery,
    Name,
    Notice,
    Report,
    Row,
    Section,
    Sentence,
    Table,
    Tone,
)
from bench.report.trust import ENOUGH_BLOCKS
from bench.stats.estimate import MIN_TRIALS


def build(
    figures: RunFigures, gate: GateResult | None = None, calibration: Calibration | None = None
) -> Report:
    """Return everything the report of a run shows.

    Args:
        figures: of the run.
        gate: what a gate says of it, which stands above all else; None without one.
        calibration: kept with the results; None without one.
    """
    return Report(
        run_id=figures.run_id,
        label=figures.plan.label,
        question=figures.plan.question,
        compared=_compared(figures),
        answers=_answers(figures),
        facts=facts.facts(figures, gate),
        notices=notices(figures),
        judgements=judgement.sections(figures, gate),
        sections=(
            trust.section(figures, calibration),
            *(_workload_section(figures, w, n) for n, w in enumerate(figures.workloads, start=1)),
            _trials_section(figures),
            _settings_section(figures),
            _environment_section(figures),
            download.section(figures),
            method.section(),
        ),
        summary=run_summary.document(figures, gate),
    )


def _compared(figures: RunFigures) -> str:
    workloads = [workload.name for workload in figures.workloads]
    variants = len({name for cell in figures.plan.cells for name in cell.variants})
    noun = "workload" if len(workloads) == 1 else "workloads"
    return (
        f"{text.plural(variants, 'variant')} of the settings under the {noun} "
        f"{text.listed(workloads)}: {text.plural(len(figures.plan.cells), 'cell')}, planned in "
        f"{text.plural(figures.plan.blocks, 'block')} of shuffled order."
    )


def _answers(figures: RunFigures) -> tuple[Answer, ...]:
    return tuple(
        Answer(workload=workload.name, sentences=standing.answers(workload, figures.plan.baseline))
        for workload in figures.workloads
    )


def notices(figures: RunFigures) -> tuple[Notice, ...]:
    """Return what a reader of the run must know before its figures."""
    found: list[Notice] = []
    plan = figures.plan
    if plan.quick or plan.blocks < ENOUGH_BLOCKS:
        found.append(
            Notice(tone=Tone.WARNING, word="A quick look", sentence=(_quick_words(figures),))
        )
    found += [*_fell_short(figures), *_not_to_be_relied_on(figures)]
    invalid = [t.record.trial_id for t in trials.all_trials(figures) if not t.record.valid]
    if invalid:
        found.append(
            Notice(
                tone=Tone.BAD,
                word=text.plural(len(invalid), "invalid trial").capitalize(),
                sentence=(
                    "Left out of every figure; the reasons stand under Trials: ",
                    Name(", ".join(invalid[:6]) + (" …" if len(invalid) > 6 else "")),
                ),
            )
        )
    warned = trials.warnings(figures)
    if warned:
        codes = sorted({finding.code for _, finding in warned})
        word = text.plural(len({trial_id for trial_id, _ in warned}), "trial")
        found.append(
            Notice(
                tone=Tone.WARNING,
                word=f"Warnings in {word}",
                sentence=("Valid, but read the findings under Trials first: ", *_named(codes)),
            )
        )
    if figures.missing:
        found.append(
            Notice(
                tone=Tone.WARNING,
                word=text.plural(len(figures.missing), "missing trial").capitalize(),
                sentence=(
                    "Planned, but without a record. This completes the run: ",
                    Name(f"jetbench run --resume {figures.run_id}"),
                ),
            )
        )
    return tuple(found)


def _not_to_be_relied_on(figures: RunFigures) -> Iterator[Notice]:
    """Yield what is invalid as a whole: workloads, and cells of the others."""
    for workload in figures.workloads:
        if why := reproach_of_workload(workload, figures.plan.baseline):
            sentence: Sentence = ("Conclude nothing from ", Name(workload.name), f": {why}.")
            yield Notice(tone=Tone.BAD, word="Invalid workload", sentence=sentence)
            continue
        for cell in workload.cells:
            if why := reproach_of(cell):
                sentence = ("Conclude nothing, under ", Name(workload.name), f", from {why}.")
                yield Notice(tone=Tone.BAD, word="Invalid cell", sentence=sentence)


def _fell_short(figures: RunFigures) -> Iterator[Notice]:
    """Yield how many messages were lost or refused, say: no figure of a time shows it."""
    cells = [cell for workload in figures.workloads for cell in workload.cells]
    totals = {word: shortfalls.total(cells, word) for word in shortfalls.SHORTFALLS}
    short = {word: msgs for word, msgs in totals.items() if msgs}
    if short:
        words = f"{shortfalls.written(short)}; more than a rule allows ends a run with 1."
        word = f"{State.FAILS.mark} Messages fell short"
        yield Notice(tone=Tone.BAD, word=word, sentence=(words,))


def _named(words: Sequence[str]) -> Sentence:
    parts: list[str | Name] = []
    for word in words:
        parts += [Name(word), ", "]
    return (*parts[:-1], ".")


def _quick_words(figures: RunFigures) -> str:
    plan = figures.plan
    reasons = []
    if plan.quick:
        reasons.append("its phases were shortened (--quick)")
    if plan.blocks < ENOUGH_BLOCKS:
        reasons.append(f"it has {text.plural(plan.blocks, 'block')} where {ENOUGH_BLOCKS} are due")
    unsure = (
        f" Below {MIN_TRIALS} blocks there is no interval: what stands first may be chance."
        if plan.blocks < MIN_TRIALS
        else ""
    )
    return (
        f"This run can show wide differences and broken settings, no more: {text.listed(reasons)}. "
        "It cannot decide between close cells, cannot rule out a regression, and must neither pass "
        f"nor fail a build.{unsure}"
    )


def _workload_section(figures: RunFigures, workload: WorkloadFigures, number: int) -> Section:
    id_ = f"workload-{number}"
    cells = workload.cells
    by_p99 = standing.ranked(workload)
    order = [*by_p99, *(cell for cell in cells if cell not in by_p99)]
    plots = [
        cell_plots.spread_plot(order, ranking_time(cells), f"{id_}-spread"),
        cell_plots.slope_plot(order, f"{id_}-slope"),
    ]
    plots.append(curves.curve_plot(_labelled(order), ranking_time(cells), f"{id_}-curve"))
    plots.append(cell_plots.cpu_plot(order, figures.metrics, f"{id_}-cpu"))
    description = cells[0].cell.workload.description if cells else ""
    lead: list[Sentence] = [(description,)] if description else []
    return Section(
        id=id_,
        title=workload.name,
        lead=(*lead, (settings.workload_words(figures.plan, workload.name),)),
        blocks=(
            comparison.workload_table(workload, figures.metrics, f"{id_}-cells"),
            Gallery(plots=tuple(plots)),
            Disclosure(
                summary="CPU and memory of each process within the window",
                blocks=(trials.process_table(cells, f"{id_}-processes"),),
            ),
        ),
        sections=(
            *forest.sections(workload, figures.plan.baseline, f"{id_}-baseline"),
            *_question_sections(figures, workload, id_),
        ),
    )


def _labelled(cells: Sequence[CellFigures]) -> dict[str, CellFigures]:
    return {standing.label(cell): cell for cell in cells}


def _question_sections(
    figures: RunFigures, workload: WorkloadFigures, id_: str
) -> tuple[Section, ...]:
    questions = {q.config: q.question for q in figures.plan.config_questions}
    configs = dict.fromkeys(name.config for cell in workload.cells for name in cell.cell.variants)
    sections = []
    for number, config in enumerate(configs, start=1):
        part = f"{id_}-config-{number}"
        cells = _of_config(workload.cells, config)
        question = questions.get(config, "")
        table = comparison.question_table(workload, cells, figures.metrics, f"{part}-table", config)
        time = ranking_time(workload.cells)
        plots = (curves.curve_plot(cells, time, f"{part}-curve"), *overtime.plots(cells, part))
        sections.append(
            Section(
                id=part,
                title=question or config,
                lead=((f"Config {config}.",),) if question else (),
                blocks=(
                    *_map_blocks(workload, cells, part),
                    table,
                    Gallery(plots=plots),
                    *_usage_blocks(cells, part),
                ),
            )
        )
    return tuple(sections)


def _map_blocks(
    workload: WorkloadFigures, cells: dict[str, CellFigures], part: str
) -> tuple[Block, ...]:
    found, key = heatmap.grid(cells), ranking_key(workload.cells)
    plots = heatmap.plots(found, f"{part}-map", key) if found else ()
    return (Gallery(plots=plots),) if plots else ()


def _usage_blocks(cells: dict[str, CellFigures], part: str) -> tuple[Block, ...]:
    plots = usage.plots(cells, f"{part}-usage")
    if not plots:
        return ()
    summary = f"CPU and memory of each process over time ({len(plots)} plots)"
    return (Disclosure(summary=summary, blocks=(Gallery(plots=plots),)),)


def _of_config(cells: Sequence[CellFigures], config: str) -> dict[str, CellFigures]:
    return {
        name.variant: cell for cell in cells for name in cell.cell.variants if name.config == config
    }


def _trials_section(figures: RunFigures) -> Section:
    findings = trials.findings_table(figures)
    purpose = (
        "A fast configuration that loses messages is a failed one; each trial has its account."
    )
    none = () if findings.rows else (("No trial reported anything.",),)
    return Section(
        id="trials",
        title="Trials",
        lead=((purpose,), *none),
        blocks=(*((findings,) if findings.rows else ()), trials.ledger_table(figures)),
    )


def _settings_section(figures: RunFigures) -> Section:
    differences = settings.differences_table(figures.plan)
    blocks = (differences,) if differences.columns else ()
    return Section(
        id="settings",
        title="Settings",
        blocks=(*blocks, settings.common_table(figures.plan)),
    )


def _environment_section(figures: RunFigures) -> Section:
    env = figures.environment
    packages = ", ".join(f"{name} {version}" for name, version in sorted(env.packages.items()))
    pairs = (
        ("Host", env.host),
        ("System", f"{env.os}, kernel {env.kernel}, {env.architecture}"),
        ("CPU", f"{env.cpu_model}, {env.cpus} usable"),
        ("Memory", human_size(env.memory_bytes)),
        ("Store", env.store_filesystem or "not on this host"),
        ("Server", f"{env.server}, version {env.server_version}"),
        ("Client", trials.clients(figures) or text.NA),
        ("Python", env.python),
        ("jetbench", env.jetbench),
        ("Packages", packages or text.NA),
        ("Load before the run", f"{env.load_average_1m:.2f} (1 minute average)"),
        ("Started", f"{text.minute(env.started_utc)} UTC"),
        ("Seed", str(figures.plan.seed)),
    )
    rows = tuple(Row(names=(word,), entries=(Entry(text=value),)) for word, value in pairs)
    table = Table(
        id="environment-table",
        caption="Figures of another host, server or setting are not comparable with these",
        head="What",
        columns=(Column(title="Value", numeric=False),),
        rows=rows,
    )
    rebuild = f"jetbench report {figures.run_id}"
    return Section(
        id="environment",
        title="Environment",
        blocks=(
            table,
            Code(caption="This run was made by", text=env.command),
            Code(
                caption="This page is rebuilt from its records, without a server, by", text=rebuild
            ),
        ),
    )
