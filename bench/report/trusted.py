"""Can these figures be trusted? Open points first, then one line for all that holds."""

from collections.abc import Sequence

from bench.core import text
from bench.core.marks import State
from bench.judgement.check import Check
from bench.report.model import Block, Fold, Point, Points, Section, Table
from bench.report.tables import TONES, Column, Entry, Row, Tone

_ORDER = (State.FAILS, State.DOUBTFUL, State.UNKNOWN)


def section(checks: Sequence[Check]) -> Section:
    """Return the section of the checks that were judged."""
    still = [check for state in _ORDER for check in checks if check.state is state]
    holding = [check for check in checks if check.state is State.HOLDS]
    points = tuple(Point(state=c.state, word=c.name, text=c.found) for c in still)
    blocks: list[Block] = [Points(points=points)] if points else []
    title = f"{text.plural(len(holding), 'check')} hold" + ("s" if len(holding) == 1 else "")
    blocks.append(
        Fold(
            id="trust-checks",
            title=title,
            state=State.HOLDS if holding else None,
            note=", ".join(check.name for check in holding),
            blocks=(_table([*still, *holding]),),
        )
    )
    lead = (("Open points first; what holds is one line.",),)
    title = "Can these figures be trusted?"
    return Section(id="trust", title=title, lead=lead, blocks=tuple(blocks))


def _table(checks: Sequence[Check]) -> Table:
    return Table(
        id="trust-table",
        caption="What speaks for these figures and what against them, over all trials",
        head="Check",
        columns=(
            Column(title="State", numeric=False),
            Column(title="Found", numeric=False, prose=True),
            Column(title="Holds when", numeric=False, prose=True),
            Column(title="What it means", numeric=False, prose=True),
        ),
        rows=tuple(Row(names=(check.name,), entries=_entries(check)) for check in checks),
    )


def _entries(check: Check) -> tuple[Entry, ...]:
    return (
        Entry(text=f"{check.state.mark} {check.state}", tone=TONES[check.state]),
        Entry(text=check.found),
        Entry(text=check.threshold, tone=Tone.MUTED),
        Entry(text=check.meaning, tone=Tone.MUTED),
    )
