"""The one sentence above everything: a verdict, else what went wrong, else what changes."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bench.analysis import shortfalls
from bench.analysis.decision import Told
from bench.analysis.validity import trials_of
from bench.core import text
from bench.core.marks import State
from bench.gate.criteria import Answer
from bench.gate.states import STATES
from bench.gate.verdict import GateOutcome, GateResult
from bench.judgement.cells import behind_in
from bench.judgement.changes import directed, direction, size_of, verb
from bench.judgement.choosing import Beside, Judged, besides, unfit
from bench.judgement.model import (
    MARGIN,
    CellJudgement,
    Change,
    Pace,
    Side,
    WorkloadJudgement,
)
from bench.judgement.names import listed, spoken
from bench.record.schema import Level
from bench.spec.criteria import count_word
from bench.spec.metrics import metric_of
from bench.stats.compare import Verdict

MOST = 2
"""So many changes, or so many variants that fell short, fit a headline."""

_SIZE = text.size_of(MARGIN)

_VERDICT_WORDS = {
    Verdict.PASS: "Passed",
    Verdict.FAIL: "Failed",
    Verdict.INCONCLUSIVE: "Undecided",
    Verdict.INVALID: "Not measured",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """The sentence, its state (None where nothing was asked to hold), and the line below it."""

    state: State | None
    text: str
    below: str


def headline(
    workloads: Judged, gate: GateResult | None, answer: Answer | None, question: str
) -> Headline:
    """Return what stands above all else."""
    if reasons := _nothing_valid(workloads):
        words = f"No valid trial: {listed([*reasons])}"
        first = next(iter(reasons.values()))
        return Headline(state=State.FAILS, text=words, below=first or question)
    if gate is not None:
        return _of_gate(gate, workloads)
    if answer is not None:
        return _of_answer(answer, workloads, question)
    return of_figures(workloads, question)


def of_figures(workloads: Judged, question: str) -> Headline:
    """Return what the figures say where nothing was asked: what went wrong, then the changes."""
    problems = list(_problems(workloads))
    if not problems:
        return Headline(state=None, text=of_changes(workloads), below=question)
    changed = _largest_decided(workloads)
    said = [*problems, *([changed] if changed else [])]
    return Headline(state=State.FAILS, text="; ".join(said), below=question)


def of_workload(workload: WorkloadJudgement, gate: GateResult | None) -> str:
    """Return what came of one workload: of its goals where it had some, else by its figures."""
    goals = [] if gate is None else _goals_of(gate, workload)
    if gate is None or not goals:
        return of_figures((workload,), "").text
    by_verdict = {verdict: [o for o in goals if o.verdict is verdict] for verdict in Verdict}
    for verdict in (Verdict.FAIL, Verdict.INVALID):
        if alike := by_verdict[verdict]:
            return f"{_VERDICT_WORDS[verdict]}: {outcome_words(alike[0])}"
    kept, total = len(by_verdict[Verdict.PASS]), text.plural(len(goals), "goal")
    rest = "" if kept == len(goals) else ", the rest undecided"
    # What nobody asked for went wrong all the same.
    return "; ".join([f"{kept} of {total} kept{rest}", *_problems((workload,))])


def _goals_of(gate: GateResult, workload: WorkloadJudgement) -> list[GateOutcome]:
    return [each for each in gate.outcomes if each.workload == workload.figures.name]


def _of_gate(gate: GateResult, workloads: Judged) -> Headline:
    total, word = len(gate.outcomes), _VERDICT_WORDS[gate.verdict]
    alike = [outcome for outcome in gate.outcomes if outcome.verdict is gate.verdict]
    count = f"{len(alike)} of {text.plural(total, 'goal')}"
    if gate.verdict is Verdict.PASS:
        names = {outcome.candidate for outcome in gate.outcomes}
        return _passing(f"{word}: {count}", workloads, names, gate.sentence)
    if gate.verdict is Verdict.INCONCLUSIVE:
        said, below = f"{word}: {count}", gate.sentence
    else:
        said, below = f"{word}: {outcome_words(alike[0])}", _how_real(alike[0], count)
    return Headline(state=STATES[gate.verdict], text=said, below=below)


def _how_real(outcome: GateOutcome, count: str) -> str:
    """Say how many goals fared so, and how real the first is."""
    missed = "missed" if outcome.verdict is Verdict.FAIL else "not measured"
    of = f"{outcome.rule} under {spoken(outcome.workload)}"
    return f"{count} {missed}. {of}: {outcome.reason}."


def _passing(words: str, workloads: Judged, names: set[str], below: str) -> Headline:
    """Return a pass, less what nobody asked for and yet speaks against those that passed."""
    against = unfit(workloads, lambda cell: bool(names & {cell.name, *cell.others}))
    if not against:
        others = next(_problems(workloads), "")
        said = f"{words}; {others}" if others else words
        return Headline(state=State.HOLDS, text=said, below=below)
    return Headline(state=State.DOUBTFUL, text=f"{words}, but {against[0]}", below=below)


def outcome_words(outcome: GateOutcome) -> str:
    """Say what one rule found: `p99 of checkout is 18 % slower than the baseline`."""
    workload = spoken(outcome.workload)
    of = f"{outcome.figure} of {spoken(outcome.candidate)}"
    if outcome.change is None or not outcome.unit:
        return f"{outcome.rule} under {workload}: {outcome.reason}"
    metric = metric_of(outcome.metric)
    if not outcome.relative:
        change = metric.written_change(outcome.change, relative=False)
        return f"{of} is {change} against the baseline, under {workload}"
    at_least = "at least " if outcome.candidate_at_least else ""
    size, word = text.size_of(outcome.change), direction(metric, more=outcome.change > 0)
    return f"{of} is {at_least}{size} {word} than the baseline, under {workload}"


def _of_answer(answer: Answer, workloads: Judged, question: str) -> Headline:
    rules = text.plural(len(answer.rules) - len(answer.unwritten), "criterion", "criteria")
    below = question or answer.sentence
    if answer.verdict is Verdict.PASS:
        words = f"{spoken(answer.recommended)} meets what was asked ({rules})"
        return _passing(words, workloads, {answer.recommended}, below)
    if answer.unwritten:
        rules = f"{rules} and what nobody need write: {', '.join(answer.unwritten)}"
    said = {
        Verdict.FAIL: f"No variant meets the {rules}",
        Verdict.INCONCLUSIVE: f"Undecided: no variant surely meets the {rules}",
        Verdict.INVALID: f"Not measured: no variant surely meets the {rules}",
    }[answer.verdict]
    short = any(cell.short_msgs for each in workloads for cell in each.cells)
    if short and answer.verdict is not Verdict.FAIL:  # worse than what cannot be told
        said = f"{next(_problems(workloads))}; {said[:1].lower()}{said[1:]}"
        return Headline(state=State.FAILS, text=said, below=below)
    return Headline(state=STATES[answer.verdict], text=said, below=below)


def _nothing_valid(workloads: Judged) -> Mapping[str, str]:
    """Return why no trial is valid, each code with its first sentence; empty where one is."""
    records = [t.record for each in workloads for cell in each.cells for t in cell.cell.trials]
    if any(record.valid for record in records):
        return {}
    findings = [finding for record in records for finding in record.findings]
    reasons: dict[str, str] = {}
    for each in findings:
        if each.level is Level.INVALID:
            reasons.setdefault(spoken(each.code), spoken(each.text))
    return reasons or {"every one broke off" if records else "none was measured": ""}


def _problems(workloads: Judged) -> Iterator[str]:
    """Yield what went wrong, worst first: messages short, behind, invalid."""
    short = [
        (shortfalls.share(cell.cell, word), _short(cell, word, each))
        for each in workloads
        for cell in each.cells
        for word in cell.short_msgs
    ]
    several = len(workloads) > 1
    worst = sorted(short, key=lambda each: each[0], reverse=True)
    yield from (words + (where if several else "") for _, (words, where) in worst[:MOST])
    if (rest := len(worst) - MOST) > 0:
        yield f"{rest} more fell short"
    cells = [cell for each in workloads for cell in each.cells]
    behind = [cell.short for cell in cells if cell.pace is Pace.FALLS_BEHIND]
    if len(behind) > MOST:
        yield f"{len(behind)} of {len(cells)} fall behind"
    elif behind:
        yield f"{listed(behind)} {'falls' if len(set(behind)) == 1 else 'fall'} behind"
    yield from _partly_behind(cells)
    for each in workloads:
        if each.reproach:
            yield f"Nothing can be concluded of {spoken(each.figures.name)}: {each.reproach}"
        else:
            yield from _invalid_cells(each)


def _partly_behind(cells: Sequence[CellJudgement]) -> Iterator[str]:
    partly = [(cell.short, words) for cell in cells if (words := behind_in(cell.cell))]
    if len(partly) > MOST:
        yield f"{len(partly)} of {len(cells)} fell behind in a trial"
    else:
        yield from (f"{spoken(name)} {words}" for name, words in partly)


def _short(cell: CellJudgement, word: str, workload: WorkloadJudgement) -> tuple[str, str]:
    size = shortfalls.written_share(cell.cell, word) or text.count(cell.short_msgs[word])
    words = f"{spoken(cell.short)} had {size} {count_word(word)}"
    return words, f" under {spoken(workload.figures.name)}"


def _invalid_cells(workload: WorkloadJudgement) -> Iterator[str]:
    for cell in workload.cells:
        if why := trials_of(cell.cell).reproach:
            yield f"Nothing can be concluded of {spoken(cell.name)}: {why}"


def of_changes(workloads: Judged) -> str:
    """Say the largest changes that stand out, of time before price; or that there are none."""
    pairs = _pairs(workloads)
    if not pairs:
        return _alone(workloads)
    for decided in (True, False):
        if standing := _standing(pairs, decided=decided):
            return _largest(standing, several=len(workloads) > 1, decided=decided)
    changes = [change for each in pairs for change in (each.time, each.price)]
    if all(change is not None and change.side is Side.SAME for change in changes):
        return f"No change exceeds {_SIZE}"
    if any(c is not None and c.told in (Told.MORE, Told.LESS) for c in changes):
        return f"No change of more than {_SIZE} could be shown"
    return "No difference could be shown"


def _pairs(workloads: Judged) -> list[Beside]:
    return [each for of in besides(workloads).values() for each in of]


def _alone(workloads: Judged) -> str:
    """Say what a single variant came to: there is nothing to hold it against."""
    first = workloads[0]
    estimate = first.baseline.cell.estimates.get(first.primary.key)
    if len(workloads) > 1 or estimate is None:
        return "One variant was measured; there is nothing to compare it with"
    found = f"{first.primary.title} {first.primary.written(estimate.value)}"
    return f"Only {spoken(first.baseline.name)} was measured: {found}"


_Standing = tuple[Beside, tuple[Change, ...]]
"""A variant under a workload, and its changes that stand out, time before price."""


def _standing(pairs: Sequence[Beside], *, decided: bool) -> list[_Standing]:
    """Return what stands out, largest first; a change of time goes before any of price alone."""
    found = [
        (each, changes)
        for each in pairs
        if (changes := tuple(c for c in _leading(each) if c.decided is decided))
    ]
    return sorted(found, key=_weight, reverse=True)


def _leading(each: Beside) -> list[Change]:
    sides = (Side.WORSE, Side.BETTER)
    return [c for c in (each.time, each.price) if c is not None and c.side in sides]


def _weight(standing: _Standing) -> tuple[bool, float]:
    each, changes = standing
    return changes[0] is each.time, abs(_log_ratio(changes[0]))


def _log_ratio(change: Change) -> float:
    """Return a size in which twice as long and half as long are alike."""
    return math.log1p(max(change.change or 0.0, -0.999999))


def _largest(standing: Sequence[_Standing], *, several: bool, decided: bool) -> str:
    shown = standing[:MOST]
    said = "; ".join(
        f"{spoken(each.cell.short)} {_all_said(changes, decided=decided)}"
        f"{f' {each.where}' if several else ''}"
        for each, changes in shown
    )
    if decided:
        more = len(standing) - len(shown)
        return f"{said}; {text.plural(more, 'more change')} decided" if more else said
    of = f" of {len(standing)}" if len(standing) > len(shown) else ""
    return f"{'Hint' if len(shown) == 1 else f'Two{of} hints'}: {said}"


def _largest_decided(workloads: Judged) -> str:
    """Say the one largest change that is decided of what went right; empty without."""
    sound = [each for each in _pairs(workloads) if each.cell.contends]
    standing = _standing(sound, decided=True)[:1]
    return _largest(standing, several=len(workloads) > 1, decided=True) if standing else ""


def _all_said(changes: Sequence[Change], *, decided: bool) -> str:
    """Say changes as the end of a sentence: `is 9 % faster and takes 20 % more server CPU`."""
    verbs = ("is", "takes") if decided else ("", "to take")
    said = [
        f"{verb(each.metric, *verbs)} "
        + directed(each.metric, size_of(each), more=(each.change or 0.0) > 0)
        for each in changes
    ]
    return ("" if decided else "seems ") + text.listed([words.lstrip() for words in said])
