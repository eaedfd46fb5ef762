"""Verdicts, comparisons and answers on the terminal."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bench.analysis.paired import Contrast
from bench.core import text
from bench.gate.calibration import Calibration, suggested
from bench.gate.criteria import Answer
from bench.gate.markdown import candidate_figure, change
from bench.gate.states import STATES, marked, marked_name
from bench.gate.verdict import GateResult
from bench.report.terminal import style_of
from bench.spec.metrics import metric_of
from bench.stats.compare import Verdict


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
            Text(candidate_figure(outcome)),
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
                Text(marked_name(m.verdict, m.workload), style=_style(m.verdict))
                for m in standing.marks
                if m.rule == rule
            )
            for rule in answer.rules
        ]
        table.add_row(_verdict(standing.verdict), Text("\n".join(standing.names)), *marks)
    console.print(table)
    _say(console, answer.sentence)


NAMED = 4
"""So many figures are named beside a reason that they share; the table shows the others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What one candidate changes by one figure.

    Attributes:
        candidate, figure: names.
        contrast: by itself; None where the blocks are too few for one.
        why: there is none; empty where there is.
        before, after: what both sides have, with units.
        shown: the change with the interval that belongs beside what is said of it.
        visible: from what size on a change would have been told.
        differs: told apart, allowed for all that is compared beside it.
    """

    candidate: str
    figure: str
    contrast: Contrast | None
    why: str = ""
    before: str = text.NA
    after: str = text.NA
    shown: str = text.NA
    visible: str = ""
    differs: bool = False


def print_contrasts(title: str, lines: Sequence[Line], console: Console) -> None:
    """Print what candidates change against a baseline, then where the rank test sees no change."""
    table = _table(
        "candidate", "figure", "baseline", "candidate's", "change (interval)", "differs",
        "visible from", "p alone", "p by ranks", "n",
    )  # fmt: skip
    table.title, table.title_justify = Text(title), "left"
    for line in lines:
        sides = map(Text, (line.candidate, line.figure, line.before, line.after))
        changed = Text(line.shown, style="bold" if line.differs else "")
        if (found := line.contrast) is None:
            table.add_row(*sides, changed)
            continue
        table.add_row(
            *sides,
            changed,
            *map(Text, _told(line, found)),
            Text(str(found.found.pairs)),
        )
    console.print(table)
    _say_why_not(lines, console)
    for line in lines:
        if line.contrast is not None and line.differs and line.contrast.ranks_disagree:
            _say(
                console,
                f"{line.candidate}, {line.figure}: the t test sees a change and the rank test does "
                "not; look at the single blocks",
            )


def _told(line: Line, found: Contrast) -> tuple[str, str, str, str]:
    """Write whether it differs, from what size on, and both p; n/a where both sides are bounds."""
    if all(found.at_least):
        return (text.NA,) * 4
    ranks = text.p_value(found.p_by_ranks)
    return ("yes" if line.differs else "≈", line.visible, text.p_value(found.p), ranks)


def _say_why_not(lines: Sequence[Line], console: Console) -> None:
    """Say once for all that it holds for why a change has no interval."""
    for why in dict.fromkeys(line.why for line in lines if line.contrast is None):
        names = list(_with_reason(why, lines))
        which = ", ".join(names[:NAMED])
        if all(line.why == why for line in lines):
            which = "any of these"
        elif len(names) > NAMED:
            which += f" and {len(names) - NAMED} more"
        _say(console, f"No interval for {which}: {why}.")


def _with_reason(why: str, lines: Sequence[Line]) -> Iterator[str]:
    """Yield the figures that have none for a reason; of single candidates where others have."""
    for figure_ in dict.fromkeys(line.figure for line in lines):
        alike = [line for line in lines if line.figure == figure_]
        having = [line.candidate for line in alike if line.why == why]
        if len(having) == len(alike):
            yield figure_
        else:
            yield from (f"{figure_} of {candidate}" for candidate in having)


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
    return Text(marked(verdict), style=_style(verdict))


def _style(verdict: Verdict) -> str:
    return style_of(STATES[verdict])


def _say(console: Console, text: str) -> None:
    console.print(text, markup=False, soft_wrap=True)
