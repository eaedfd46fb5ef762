"""What a gate says of a run, and whether a matrix's criteria are met: first of all on the page."""

from collections.abc import Sequence

from bench.analysis.figures import RunFigures
from bench.core import text
from bench.gate.criteria import Answer, Mark, Standing, answer
from bench.gate.markdown import baseline_figure, candidate_figure, change
from bench.gate.states import STATES, mark_of, marked, marked_name
from bench.gate.verdict import (
    P_MARGIN_MEANING,
    P_MARGIN_WORDS,
    P_MEANING,
    P_WORDS,
    GateOutcome,
    GateResult,
)
from bench.report import margins
from bench.report.model import (
    TONES,
    Block,
    Column,
    Entry,
    Gallery,
    Notice,
    Row,
    Section,
    Table,
    Tone,
    with_commands,
)
from bench.stats.compare import Verdict


def sections(figures: RunFigures, gate: GateResult | None) -> tuple[Section, ...]:
    """Return the gate's verdict and the answer to the matrix's question; whichever there is."""
    found = answer(figures)
    return (
        *((_gate_section(gate),) if gate else ()),
        *((_goal_section(found),) if found else ()),
    )


def sentence(figures: RunFigures, gate: GateResult | None) -> str:
    """Return the one sentence on a run that was judged; empty without a gate or criteria."""
    if gate is not None:
        return f"{marked(gate.verdict)}: {gate.sentence}"
    found = answer(figures)
    return f"{mark_of(found.verdict)} {found.sentence}" if found else ""


def _gate_section(gate: GateResult) -> Section:
    verdict = Notice(
        tone=tone_of(gate.verdict),
        word=f"{mark_of(gate.verdict)} {gate.verdict.capitalize()}",
        sentence=(gate.sentence,),
    )
    warnings = tuple(
        Notice(tone=Tone.WARNING, word="Before relying on it", sentence=with_commands(warning))
        for warning in gate.warnings
    )
    plot = margins.plot(gate.outcomes, "gate-changes")
    blocks: tuple[Block, ...] = (verdict, *warnings, _gate_table(gate))
    if plot:
        blocks = (*blocks, Gallery(plots=(plot,)))
    return Section(id="gate", title="Gate", blocks=blocks)


def _gate_table(gate: GateResult) -> Table:
    counts = [f"{count} {verdict}" for verdict in Verdict if (count := gate.count(verdict))]
    total = text.plural(len(gate.outcomes), "gate")
    return Table(
        id="gate-outcomes",
        caption=f"{gate.gates_file}: {total}, {text.listed(counts)}; worst first",
        head="Rule",
        columns=(
            Column(title="Verdict", numeric=False),
            Column(title="Candidate", numeric=False),
            Column(title="Baseline's"),
            Column(title="Candidate's"),
            Column(title="Change", hint="with its 90 % interval"),
            Column(title=P_WORDS, hint=f"{P_MEANING} over all gates; a fail needs it below 0.05"),
            Column(title=P_MARGIN_WORDS, hint=f"{P_MARGIN_MEANING}; a pass has it below 0.05"),
            Column(title="Visible from", hint="smallest worsening found in 80 % of cases"),
            Column(title="n", hint="valid blocks"),
            Column(title="Why", numeric=False, prose=True),
        ),
        rows=tuple(Row(names=(o.rule,), entries=_outcome_entries(o)) for o in gate.outcomes),
    )


def _outcome_entries(outcome: GateOutcome) -> tuple[Entry, ...]:
    visible = outcome.smallest_visible if outcome.relative else None
    return (
        _verdict(outcome.verdict),
        Entry(text=outcome.candidate, detail=outcome.workload),
        _maybe(baseline_figure(outcome)),
        _maybe(candidate_figure(outcome)),
        _change(outcome),
        *(
            _maybe("" if p is None else text.p_value(p))
            for p in (outcome.p_adjusted, outcome.p_margin)
        ),
        _maybe("" if visible is None else text.share(visible)),
        Entry(text=str(outcome.blocks)),
        Entry(text=outcome.reason, tone=Tone.MUTED),
    )


def tone_of(verdict: Verdict) -> Tone:
    """Return how a verdict stands out."""
    return TONES[STATES[verdict]]


def _verdict(verdict: Verdict) -> Entry:
    return Entry(text=marked(verdict), tone=tone_of(verdict))


def _change(outcome: GateOutcome) -> Entry:
    middle, _, interval = change(outcome).partition(" (")
    return Entry(text=middle, detail=interval.rstrip(")")) if middle else _maybe("")


def _maybe(written: str) -> Entry:
    return Entry(text=written) if written else Entry(text=text.NA, tone=Tone.MUTED)


def _goal_section(found: Answer) -> Section:
    table = Table(
        id="goal-variants",
        caption="Every variant beside every criterion",
        head="Variant",
        columns=(
            Column(title="Verdict", numeric=False),
            *(Column(title=rule, numeric=False) for rule in found.rules),
            Column(title="Why", numeric=False, prose=True),
        ),
        rows=tuple(_standing_row(each, found) for each in found.standings),
    )
    verdict = Notice(
        tone=tone_of(found.verdict),
        word=f"{mark_of(found.verdict)} {_GOAL_WORDS[found.verdict]}",
        sentence=(found.sentence,),
    )
    return Section(id="goal", title="Goal", blocks=(verdict, table))


_GOAL_WORDS = {
    Verdict.PASS: "Met",
    Verdict.FAIL: "Not met",
    Verdict.INCONCLUSIVE: "Undecided",
    Verdict.INVALID: "Not measured",
}


def _standing_row(standing: Standing, found: Answer) -> Row:
    marks = ([mark for mark in standing.marks if mark.rule == rule] for rule in found.rules)
    return Row(
        names=standing.names,
        entries=(
            _verdict(standing.verdict),
            *(_marks_entry(of_rule) for of_rule in marks),
            Entry(text=_reasons(standing, found.shared), tone=Tone.MUTED),
        ),
    )


def _reasons(standing: Standing, shared: Sequence[Mark]) -> str:
    """Return what keeps a variant from passing, less what the answer says of all of them."""
    unmet = [mark for mark in standing.marks if mark.verdict is not Verdict.PASS]
    own = [mark.said for mark in unmet if mark not in shared]
    return "; ".join(own) or ("as for all, see above" if unmet else "–")


def _marks_entry(marks: Sequence[Mark]) -> Entry:
    tones = {tone_of(mark.verdict) for mark in marks}
    return Entry(
        text=", ".join(marked_name(mark.verdict, mark.workload) for mark in marks),
        hint="; ".join(f"{mark.workload}: {mark.reason}" for mark in marks),
        tone=tones.pop() if len(tones) == 1 else Tone.PLAIN,
    )
