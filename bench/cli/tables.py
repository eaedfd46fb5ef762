"""Comparisons and what a host can see, as tables on the terminal."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bench.analysis.paired import Contrast
from bench.core import text
from bench.gate.calibration import Calibration, suggested
from bench.spec.metrics import metric_of

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


def _say(console: Console, text: str) -> None:
    console.print(text, markup=False, soft_wrap=True)
