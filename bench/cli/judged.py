"""Verdicts, comparisons and answers on the terminal."""

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bench.analysis.paired import Contrast
from bench.core import text
from bench.gate.calibration import Calibration, suggested
from bench.gate.criteria import Answer
from bench.gate.markdown import change, figure
from bench.gate.verdict import GateResult
from bench.spec.metrics import metric_of
from bench.stats.compare import Verdict

MARKS = {
    Verdict.PASS: "✓",
    Verdict.FAIL: "✗",
    Verdict.INCONCLUSIVE: "?",
    Verdict.INVALID: "!",
}
_STYLES = {
    Verdict.PASS: "green",
    Verdict.FAIL: "bold red",
    Verdict.INCONCLUSIVE: "yellow",
    Verdict.INVALID: "bold yellow",
}


def print_result(result: GateResult, console: Console) -> None:
    """Print a gate's verdict: every gate, worst first, then why, then the sentence."""
    several = len({outcome.candidate for outcome in result.outcomes}) > 1
    who = ("candidate",) if several else ()
    table = _table("verdict", "workload", *who, "rule", "figure", "change", "blocks")
    for outcome in result.outcomes:
        table.add_row(
            _verdict(outcome.verdict),
            Text(outcome.workload),
            *([Text(outcome.candidate)] if several else []),
            Text(outcome.rule),
            Text(figure(outcome.candidate_value, outcome)),
            Text(change(outcome)),
            Text(str(outcome.blocks)),
        )
    console.print(table)
    for outcome in result.outcomes:
        if outcome.verdict is not Verdict.PASS:
            where = f"{outcome.rule} under {outcome.workload} ({outcome.candidate})"
            _say(console, f"{outcome.verdict}: {where}: {outcome.reason}")
    for warning in result.warnings:
        _say(console, f"warning: {warning}")
    sentence = _verdict(result.verdict).append(f": {result.sentence}", style="default")
    console.print(sentence, soft_wrap=True)


def print_answer(answer: Answer, console: Console) -> None:
    """Print which variants meet the criteria of a matrix, and the answer to its question."""
    table = _table("verdict", "variant", *answer.rules)
    for standing in answer.standings:
        marks = [
            Text("\n").join(
                Text(f"{MARKS[m.verdict]} {m.workload}", style=_STYLES[m.verdict])
                for m in standing.marks
                if m.rule == rule
            )
            for rule in answer.rules
        ]
        table.add_row(_verdict(standing.verdict), Text("\n".join(standing.names)), *marks)
    console.print(table)
    _say(console, answer.sentence)


def print_contrasts(
    title: str, rows: Sequence[tuple[str, str, Contrast | str]], console: Console
) -> None:
    """Print what candidates change against a baseline.

    Args:
        title: of the table.
        rows: candidate, figure, and what is known of its change or why nothing is.
        console: prints.
    """
    table = _table(
        "candidate", "figure", "baseline", "candidate's", "change (90 % interval)",
        "visible from", "p", "p by ranks", "n",
    )  # fmt: skip
    table.title, table.title_justify = Text(title), "left"
    for candidate, title_of, found in rows:
        if isinstance(found, str):
            table.add_row(Text(candidate), Text(title_of), *["n/a"] * 2, Text(found))
            continue
        metric = found.metric
        before, after = ("≥ " if longer else "" for longer in found.at_least)
        table.add_row(
            Text(candidate),
            Text(title_of),
            Text(before + metric.written(found.baseline)),
            Text(after + metric.written(found.candidate)),
            Text(_shown(found), style="bold" if found.apart else ""),
            Text(found.written(found.smallest_visible).lstrip("+")),
            Text(text.p_value(found.p)),
            Text(text.p_value(found.p_by_ranks)),
            Text(str(found.found.pairs)),
        )
    console.print(table)
    for candidate, title_of, found in rows:
        if isinstance(found, Contrast) and found.ranks_disagree:
            sees, sees_not = ("t", "the rank") if found.apart else ("the rank", "the t")
            _say(
                console,
                f"{candidate}, {title_of}: {sees} test sees a change and {sees_not} test does not; "
                "look at the single blocks",
            )


def _shown(found: Contrast) -> str:
    middle, low, high = map(found.written, (found.change, found.low, found.high))
    return f"{middle} ({low} to {high})"


def print_calibration(calibration: Calibration, console: Console) -> None:
    """Print what equal cells differ by on this host."""
    table = _table(
        "workload", "figure", "spread", "5 blocks see", "10 blocks see", "margin", "false red",
    )  # fmt: skip
    for scatter in calibration.scatters:
        shares = (scatter.spread, scatter.visible_5, scatter.visible_10)
        table.add_row(
            Text(scatter.workload),
            Text(metric_of(scatter.metric).title),
            *(Text(text.size_of(each)) for each in shares),
            Text(suggested(scatter)),
            Text(text.percent(scatter.false_red)),
        )
    console.print(table)


def _table(*heads: str) -> Table:
    table = Table(box=None, pad_edge=False)
    for head in _texts(heads):
        table.add_column(head, overflow="fold")
    return table


def _texts(heads: Sequence[str]) -> Iterator[Text]:
    return (Text(head) for head in heads)


def _verdict(verdict: Verdict) -> Text:
    return Text(f"{MARKS[verdict]} {verdict}", style=_STYLES[verdict])


def _say(console: Console, text: str) -> None:
    console.print(text, markup=False, soft_wrap=True)
