"""Goals: each beside its limit; missed first, then undecided, then kept."""

from collections.abc import Iterator, Sequence

from markupsafe import Markup

from bench.core import text
from bench.core.marks import State
from bench.judgement.model import Goal
from bench.report.draw.axis import Axis, of_changes
from bench.report.draw.limit import Held, limit
from bench.report.model import Block, Fold, Section, Sentence
from bench.report.tables import TONES, Column, Entry, Row, Table, Tone

MOST_KEPT = 6
"""Of more goals that are kept only the count is open; nobody reads on where all is well."""


def sections(goals: Sequence[Goal]) -> tuple[Section, ...]:
    """Return the section of the goals, in the order in which they were judged; none without any."""
    if not goals:
        return ()
    axis = of_changes([share for goal in goals for share in _shares(goal)])
    kept = [goal for goal in goals if goal.state is State.HOLDS]
    folded = kept if len(kept) > MOST_KEPT else []
    shown = [goal for goal in goals if not folded or goal.state is not State.HOLDS]
    blocks = tuple(_blocks(shown, folded, axis))
    return (Section(id="goals", title="Goals", lead=(_lead(goals),), blocks=blocks),)


def _blocks(shown: Sequence[Goal], folded: Sequence[Goal], axis: Axis) -> Iterator[Block]:
    if shown:
        yield _table(shown, axis, "goals-table")
    if folded:
        yield Fold(
            id="goals-kept",
            title=f"{text.plural(len(folded), 'goal')} kept",
            note=", ".join(dict.fromkeys(goal.workload for goal in folded)),
            state=State.HOLDS,
            blocks=(_table(folded, axis, "goals-kept-table"),),
        )


def _lead(goals: Sequence[Goal]) -> Sentence:
    order = "Missed first, then undecided, then kept."
    drawn = any(map(_shares, goals))
    return (
        (f"{order} The bar is the 90 % interval; the red line is the limit.",)
        if drawn
        else (order,)
    )


def _shares(goal: Goal) -> list[float]:
    ends = (goal.change, goal.low, goal.high, goal.margin)
    return [] if goal.change is None else [end for end in ends if end is not None]


def _table(goals: Sequence[Goal], axis: Axis, id_: str) -> Table:
    candidates = len({goal.candidate for goal in goals})
    drawn = any(map(_shares, goals))
    columns = (
        *([Column(title="Found", numeric=False, kind="bar", axis=axis.labels())] if drawn else []),
        Column(title="" if drawn else "Found", numeric=False, kind="found", card="found"),
        Column(title="Reading", numeric=False, prose=True),
    )
    return Table(
        id=id_,
        caption="Goals and what came of them",
        head="Goal",
        columns=columns,
        rows=tuple(_row(goal, axis, drawn=drawn, several=candidates > 1) for goal in goals),
        cards="goals",
    )


def _row(goal: Goal, axis: Axis, *, drawn: bool, several: bool) -> Row:
    soft = f"{goal.rule}, {goal.candidate}" if several else goal.rule
    bar = (Entry(drawing=_drawing(goal, axis)),) if drawn else ()
    found = Entry(text=goal.found or text.NA, detail=_detail(goal))
    reading = Entry(
        text=f"{goal.state.mark} {goal.reading}",
        detail="; ".join(filter(None, [goal.reason, goal.chances])),
        tone=TONES[goal.state],
        detail_tone=Tone.MUTED,
    )
    return Row(names=(goal.workload,), soft=soft, entries=(*bar, found, reading))


def _detail(goal: Goal) -> str:
    return "" if goal.low is None and goal.high is None else _interval(goal)


def _interval(goal: Goal) -> str:
    if goal.low is not None and goal.high is not None:
        return text.share_interval(goal.low, goal.high, goal.margin)
    return text.ends(goal.low, goal.high, lambda end: text.share_beside(end, goal.margin or 0.0))


def _drawing(goal: Goal, axis: Axis) -> Markup:
    if goal.change is None:
        return Markup()
    held = Held(
        value=goal.change,
        low=goal.low,
        high=goal.high,
        limit=goal.margin,
        beyond=goal.state is State.FAILS,
    )
    limit_ = "" if goal.margin is None else f", limit {text.share_limit(goal.margin)}"
    return limit(held, axis, f"{goal.found}, {_interval(goal)}{limit_}")
