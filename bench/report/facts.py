"""The figures of a report's head: what came out, how much of it is valid, where and with what."""

from collections.abc import Iterator

from bench.analysis.figures import RunFigures
from bench.analysis.ranking import ranking_key
from bench.analysis.validity import baseline_of
from bench.core import text
from bench.core.marks import State
from bench.core.units import human_size
from bench.gate.states import marked
from bench.gate.verdict import GateResult
from bench.plan.model import Plan
from bench.report import forest, judgement, trials
from bench.report.model import TONES, Fact
from bench.spec.metrics import metric_of
from bench.stats.compare import MIN_PAIRS, Verdict


def facts(figures: RunFigures, gate: GateResult | None) -> tuple[Fact, ...]:
    """Return the figures of the head."""
    environment = figures.environment
    return (
        *((_gate(gate),) if gate else ()),
        _valid(figures),
        _blocks(figures.plan),
        _visible(figures, gate),
        Fact(word="nats-server", text=environment.server_version, detail=environment.server),
        Fact(
            word="Client",
            text=trials.clients(figures) or text.NA,
            detail=f"jetbench {environment.jetbench}",
        ),
        Fact(
            word="Host",
            text=environment.host,
            detail=f"{environment.cpus} CPUs, {human_size(environment.memory_bytes)}",
        ),
        Fact(word="Started", text=text.minute(environment.started_utc), detail="UTC"),
    )


def _gate(gate: GateResult) -> Fact:
    counts = [f"{count} {verdict}" for verdict in Verdict if (count := gate.count(verdict))]
    return Fact(
        word="Gates",
        text=marked(gate.verdict),
        detail=", ".join(counts),
        tone=judgement.tone_of(gate.verdict),
    )


def _blocks(plan: Plan) -> Fact:
    on_top = max(trial.block for trial in plan.trials) - plan.blocks
    more = f"{on_top} on top; " if on_top > 0 else ""
    return Fact(word="Blocks", text=str(plan.blocks), detail=f"{more}seed {plan.seed}")


def _valid(figures: RunFigures) -> Fact:
    found = trials.all_trials(figures)
    valid = sum(trial.record.valid for trial in found)
    invalid = len(found) - valid
    whole = not invalid and not figures.missing
    state = State.HOLDS if whole else State.DOUBTFUL
    return Fact(
        word="Valid trials",
        text=f"{state.mark} {valid} of {len(figures.plan.trials)}",
        detail=f"{invalid} invalid, {len(figures.missing)} missing",
        tone=TONES[state],
    )


def _visible(figures: RunFigures, gate: GateResult | None) -> Fact:
    """What this run could not have seen belongs to what it says."""
    shares = sorted(_visible_in_gate(gate) if gate else _visible_in_run(figures))
    if not shares:
        detail = _why_nothing(figures, gate)
        return Fact(word="Smallest visible change", text=text.NA, detail=detail)
    best, worst = (text.size_of(share) for share in (shares[0], shares[-1]))
    keys = dict.fromkeys(ranking_key(workload.cells) for workload in figures.workloads)
    of = "gated figures" if gate else text.listed([metric_of(key).title for key in keys])
    return Fact(
        word="Smallest visible change",
        text=best if best == worst else f"{best} at best, {worst} at worst",
        detail=(
            f"of {of}: a true change must be that large to show in 4 of 5 such runs"
            + ("; how large depends on how much a variant scatters" if best != worst else "")
        ),
    )


def _why_nothing(figures: RunFigures, gate: GateResult | None) -> str:
    pairs = (
        each.found
        for workload in figures.workloads
        for each in forest.ranked(workload, baseline_of(workload, figures.plan.baseline))
    )
    if not gate and any(any(found.at_least) for found in pairs):
        return forest.NEVER_CAME
    return f"no change has an interval: {MIN_PAIRS} blocks are the least"


def _visible_in_gate(gate: GateResult) -> Iterator[float]:
    for outcome in gate.outcomes:
        if outcome.relative and outcome.smallest_visible is not None:
            yield outcome.smallest_visible


def _visible_in_run(figures: RunFigures) -> Iterator[float]:
    for workload in figures.workloads:
        base = baseline_of(workload, figures.plan.baseline)
        for each in forest.ranked(workload, base):
            if each.found.smallest_visible is not None:
                yield each.found.smallest_visible
