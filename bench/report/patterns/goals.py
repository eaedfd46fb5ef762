"""Goals: each beside its limit; missed first, then undecided, then kept."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from bench.core import text
from bench.core.marks import State
from bench.draw.axis import Axis, of_changes
from bench.draw.limit import Held, limit
from bench.judgement.model import Goal
from bench.report.model import Block, Fold, Section, Sentence
from bench.report.tables import NOTHING, Column, Entry, Row, Table, Tone, marked

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
    return (Section("goals", "Goals", tuple(_blocks(shown, folded, axis)), lead=(_lead(goals),)),)


def _blocks(shown: Sequence[Goal], folded: Sequence[Goal], axis: Axis) -> Iterator[Block]:
    if shown:
        yield _table(shown, axis, "goals-table")
    if folded:
        yield Fold(
            "goals-kept",
            f"{text.plural(len(folded), 'goal')} kept",
            (_table(folded, axis, "goals-kept-table"),),
            note=", ".join(dict.fromkeys(goal.workload for goal in folded)),
            state=State.HOLDS,
        )


def _lead(goals: Sequence[Goal]) -> Sentence:
    drawn = " The bar is the 90 % interval; the red line is the limit."
    return (f"Missed first, then undecided, then kept.{drawn if any(map(_shares, goals)) else ''}",)


def _shares(goal: Goal) -> list[float]:
    ends = (goal.change, goal.low, goal.high, goal.margin)
    return [] if goal.change is None else [end for end in ends if end is not None]


def _table(goals: Sequence[Goal], axis: Axis, id_: str) -> Table:
    several = len({goal.candidate for goal in goals}) > 1
    drawn = any(map(_shares, goals))
    bar = Column[Goal]("Found", lambda goal: _bar(goal, axis), "bar", axis=axis.labels())
    caption = "Goals and what came of them"
    return Table(id_, caption, "Goal", cards="goals").of(
        goals,
        lambda goal: Row(
            (goal.workload,), soft=f"{goal.rule}, {goal.candidate}" if several else goal.rule
        ),
        (
            *([bar] if drawn else []),
            Column("" if drawn else "Found", _found, "found", card="found"),
            Column("Reading", _reading, "prose"),
        ),
    )


def _found(goal: Goal) -> Entry:
    known = goal.low is not None or goal.high is not None
    return Entry(goal.found or text.NA, detail=_interval(goal) if known else "")


def _reading(goal: Goal) -> Entry:
    why = "; ".join(filter(None, [goal.reason, goal.chances]))
    return replace(marked(goal.state, goal.reading, detail=why), detail_tone=Tone.MUTED)


def _interval(goal: Goal) -> str:
    if goal.low is not None and goal.high is not None:
        return text.share_interval(goal.low, goal.high, goal.margin)
    return text.ends(goal.low, goal.high, lambda end: text.share_beside(end, goal.margin or 0.0))


def _bar(goal: Goal, axis: Axis) -> Entry:
    if goal.change is None:
        return NOTHING
    missed = goal.state is State.FAILS
    held = Held(goal.change, goal.low, goal.high, limit=goal.margin, beyond=missed)
    asked = "" if goal.margin is None else f", limit {text.share_limit(goal.margin)}"
    return Entry(drawing=limit(held, axis, f"{goal.found}, {_interval(goal)}{asked}"))
