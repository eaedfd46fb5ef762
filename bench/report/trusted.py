"""Can these figures be trusted? Open points first, then every check, folded."""

from collections import Counter
from collections.abc import Sequence

from bench.core import text
from bench.core.marks import State
from bench.judgement.check import Check
from bench.report.model import Fold, Point, Points, Section
from bench.report.tables import Column, Entry, Table, Tone, marked

_ORDER = (State.FAILS, State.DOUBTFUL, State.UNKNOWN)

_COLUMNS = (
    Column[Check]("State", lambda check: marked(check.state, check.state), "words"),
    Column[Check]("Found", lambda check: check.found, "prose"),
    Column[Check]("Holds when", lambda check: Entry(check.threshold, tone=Tone.MUTED), "prose"),
    Column[Check]("What it means", lambda check: Entry(check.meaning, tone=Tone.MUTED), "prose"),
)


def section(checks: Sequence[Check]) -> Section:
    """Return the section of the checks that were judged."""
    still = [check for state in _ORDER for check in checks if check.state is state]
    holding = [check for check in checks if check.state is State.HOLDS]
    points = tuple(Point(check.state, check.name, check.found) for check in still)
    caption = "What speaks for these figures and what against them, over all trials"
    table = Table("trust-table", caption, "Check").of(
        [*still, *holding], lambda check: check.name, _COLUMNS
    )
    counts = Counter(check.state for check in checks)
    told = [state for state in (State.HOLDS, *_ORDER) if counts[state]]
    words = [f"{counts[state]} {state.removesuffix('s')}" for state in told]
    title = f"{text.plural(len(checks), 'check')}: {', '.join(words)}"
    fold = Fold("trust-checks", title, (table,), note="what each found, and when it holds")
    blocks = (Points(points), fold) if points else (fold,)
    lead = (("Open points first; every check stands below them.",),)
    return Section("trust", "Can these figures be trusted?", blocks, lead=lead)
