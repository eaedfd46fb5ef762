"""The one sentence above everything: a verdict, else what went wrong, else what changes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.analysis import shortfalls
from bench.core import text
from bench.core.marks import State
from bench.gate.criteria import Answer
from bench.gate.states import STATES
from bench.gate.verdict import GateOutcome, GateResult
from bench.judgement.changes import direction
from bench.judgement.choosing import Beside, Judged, besides
from bench.judgement.model import MARGIN, CellJudgement, Change, Pace, Side
from bench.spec.metrics import metric_of
from bench.stats.compare import Verdict

MOST = 2
"""So many changes fit a headline."""

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
    if gate is not None:
        return _of_gate(gate)
    problems = list(_problems(workloads))
    if answer is not None:
        return _of_answer(answer, problems, question)
    if problems:
        return Headline(state=State.FAILS, text="; ".join(problems[:MOST]), below=question)
    return Headline(state=None, text=of_changes(workloads), below=question)


def _of_gate(gate: GateResult) -> Headline:
    total, word = len(gate.outcomes), _VERDICT_WORDS[gate.verdict]
    alike = [outcome for outcome in gate.outcomes if outcome.verdict is gate.verdict]
    count = f"{len(alike)} of {text.plural(total, 'goal')}"
    if gate.verdict is Verdict.PASS or gate.verdict is Verdict.INCONCLUSIVE:
        said, below = f"{word}: {count}", gate.sentence
    else:
        first = alike[0]
        said = f"{word}: {outcome_words(first)}"
        missed = "missed" if gate.verdict is Verdict.FAIL else "not measured"
        below = f"{count} {missed}. {first.rule} under {first.workload}: {first.reason}."
    return Headline(state=STATES[gate.verdict], text=said, below=below)


def outcome_words(outcome: GateOutcome) -> str:
    """Say what one rule found: `p99 of checkout is 18 % slower than the baseline`."""
    of = f"{outcome.figure} of {outcome.workload}"
    if outcome.change is None or not outcome.unit:
        return f"{outcome.rule} under {outcome.workload}: {outcome.reason}"
    metric = metric_of(outcome.metric)
    if not outcome.relative:
        change = metric.written_change(outcome.change, relative=False)
        return f"{of} is {change} against the baseline"
    at_least = "at least " if outcome.candidate_at_least else ""
    size, word = text.size_of(outcome.change), direction(metric, more=outcome.change > 0)
    return f"{of} is {at_least}{size} {word} than the baseline"


def _of_answer(answer: Answer, problems: Sequence[str], question: str) -> Headline:
    rules = text.plural(len(answer.rules), "criterion", "criteria")
    below = question or answer.sentence
    if answer.verdict is Verdict.PASS:
        said = f"{answer.recommended} meets what was asked ({rules})"
    elif answer.verdict is Verdict.FAIL:
        said = f"No variant meets the {rules}"
    elif answer.verdict is Verdict.INCONCLUSIVE:
        said = f"Undecided: no variant surely meets the {rules}"
    else:
        said = f"Not measured: no variant surely meets the {rules}"
    more = f"; {problems[0]}" if problems else ""
    return Headline(state=STATES[answer.verdict], text=f"{said}{more}", below=below)


def _problems(workloads: Judged) -> Iterator[str]:
    """Yield what is wrong, worst first: nothing valid, messages short, behind, invalid."""
    if workloads and all(_nothing_valid(cell) for each in workloads for cell in each.cells):
        yield f"No valid trial: {_first_reason(workloads)}"
        return
    for names, cells in _by_name(workloads):
        short = {
            word: total
            for word in shortfalls.SHORTFALLS
            if (total := sum(cell.short_msgs.get(word, 0) for cell in cells))
        }
        if short:
            yield f"{names}: {shortfalls.written(short)}"
    behind = [n for n, cells in _by_name(workloads) if any(_behind(cell) for cell in cells)]
    if behind:
        yield f"{_some(behind)} {'falls' if len(behind) == 1 else 'fall'} behind"
    for each in workloads:
        if each.reproach:
            yield f"Nothing can be concluded of {each.figures.name}: {each.reproach}"


def _by_name(workloads: Judged) -> list[tuple[str, list[CellJudgement]]]:
    found: dict[str, list[CellJudgement]] = {}
    for each in workloads:
        for cell in each.cells:
            found.setdefault(cell.short, []).append(cell)
    return list(found.items())


def _some(names: Sequence[str], most: int = 3) -> str:
    rest = len(names) - most
    return text.listed([*names[:most], f"{rest} more"] if rest > 0 else list(names))


def _behind(cell: CellJudgement) -> bool:
    return cell.pace is Pace.FALLS_BEHIND


def _nothing_valid(cell: CellJudgement) -> bool:
    return not any(trial.record.valid for trial in cell.cell.trials)


def _first_reason(workloads: Judged) -> str:
    for each in workloads:
        for cell in each.cells:
            for trial in cell.cell.trials:
                for finding in trial.record.findings:
                    if finding.level == "invalid":
                        return finding.text.rstrip(".")
    return "none was recorded"


def of_changes(workloads: Judged) -> str:
    """Say the largest changes that stand out, of time before price; or that there are none."""
    pairs = [each for of in besides(workloads).values() for each in of]
    standing = [each for each in pairs if each.leads(Side.WORSE) or each.leads(Side.BETTER)]
    if standing:
        return _largest(standing, several=len(workloads) > 1)
    changes = [change for each in pairs for change in (each.time, each.price) if change]
    size = text.size_of(MARGIN)
    if not pairs:
        return "One variant was measured; there is nothing to compare it with"
    if changes and all(change.side is Side.SAME for change in changes):
        return f"No change exceeds {size}"
    return "No difference could be shown"


def _largest(standing: Sequence[Beside], *, several: bool) -> str:
    ordered = sorted(standing, key=_largest_size, reverse=True)[:MOST]
    said = "; ".join(_sentence(each, several=several) for each in ordered)
    if all(_decided(each) for each in ordered):
        return said
    return f"{'Hint' if len(ordered) == 1 else 'Two hints'}: {said}"


def _decided(each: Beside) -> bool:
    return all(change.decided for change in (*each.leads(Side.WORSE), *each.leads(Side.BETTER)))


def _largest_size(each: Beside) -> float:
    found = (*each.leads(Side.WORSE), *each.leads(Side.BETTER))
    return max(abs(_ratio(change)) for change in found)


def _ratio(change: Change) -> float:
    """Return a size in which twice as long and half as long are alike."""
    amount = change.change or 0.0
    return amount if amount >= 0 or amount <= -1 else 1 / (1 + amount) - 1


def _sentence(each: Beside, *, several: bool) -> str:
    where = f" under {each.workload.figures.name}" if several else ""
    found = (*each.leads(Side.WORSE), *each.leads(Side.BETTER))
    return f"{each.cell.short} is {text.listed([_said(change) for change in found])}{where}"


def _said(change: Change) -> str:
    word = direction(change.metric, more=(change.change or 0.0) > 0)
    return f"{change.written.lstrip('+' + text.MINUS)} {word}"
