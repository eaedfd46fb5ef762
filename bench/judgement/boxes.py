"""Three of the four answers: how sure, what failed, does it keep up."""

from collections.abc import Iterator, Sequence

from bench.analysis import shortfalls
from bench.analysis.figures import RunFigures
from bench.core import text
from bench.core.marks import State
from bench.gate.criteria import Answer
from bench.gate.verdict import GateResult
from bench.judgement.check import Check
from bench.judgement.choosing import Judged, chosen_rests_on
from bench.judgement.model import Box, Change, Goal, Pace, Side, WorkloadJudgement
from bench.judgement.trust import ENOUGH_BLOCKS
from bench.stats.compare import Verdict

SURE, FAILED, KEEPS_UP = "How sure", "What failed", "Does it keep up"

DECIDED = "Decided"
HINT = "A hint, not a decision"
OPEN = "Not decided"
UNUSABLE = "Do not use"

_OFFERED = ("refused", "unconfirmed", "not_sent")
"""What was offered and not taken: who refuses messages does not keep up either."""


def sure(
    figures: RunFigures,
    workloads: Judged,
    checks: Sequence[Check],
    judged: GateResult | Answer | None,
    pairs: int,
) -> Box:
    """Return how sure the choice, or the verdict, is.

    Args:
        figures: of the run.
        workloads: that are asked about.
        checks: of the run.
        judged: a gate's result or the answer to the criteria; None without either.
        pairs: blocks that every cell shares with its baseline, at least.
    """
    against = [check.name for check in checks if check.state is State.FAILS]
    spoilt = [each.reproach for each in workloads if each.reproach]
    counts = _check_words(checks)
    blocks = f"{pairs} of the {ENOUGH_BLOCKS} blocks that a decision needs."
    if pairs >= ENOUGH_BLOCKS:
        blocks = f"{text.plural(pairs, 'block')}."
    if against or (spoilt and len(spoilt) == len(workloads)):
        why = f"Failed: {text.listed(against)}." if against else f"{spoilt[0].capitalize()}."
        return Box(asks=SURE, state=State.FAILS, word=UNUSABLE, text=f"{why} {counts}")
    if pairs < ENOUGH_BLOCKS or figures.plan.quick:
        quick = " Phases were shortened (--quick)." if figures.plan.quick else ""
        words = f"{blocks}{quick} {counts}"
        return Box(asks=SURE, state=State.DOUBTFUL, word=HINT, text=words)
    unsettled = _unsettled(workloads, judged)
    if unsettled:
        words = f"{unsettled} {blocks} {counts}"
        return Box(asks=SURE, state=State.DOUBTFUL, word=OPEN, text=words)
    return Box(asks=SURE, state=State.HOLDS, word=DECIDED, text=f"{blocks} {counts}")


def _check_words(checks: Sequence[Check]) -> str:
    if not checks:
        return ""
    words = {State.HOLDS: "hold", State.FAILS: "fail", State.DOUBTFUL: "doubtful"}
    counts = {s: sum(check.state is s for check in checks) for s in State}
    first = f"{counts[State.HOLDS]} of {len(checks)} checks hold"
    rest = [
        f"{n} {words.get(s, 'unknown')}" for s, n in counts.items() if s is not State.HOLDS and n
    ]
    return f"{', '.join([first, *rest])}."


def _unsettled(workloads: Judged, judged: GateResult | Answer | None) -> str:
    if judged is not None:
        decided = judged.verdict in (Verdict.PASS, Verdict.FAIL)
        return "" if decided else "What was asked cannot be told yet."
    if any(each.reproach for each in workloads):
        return "A workload is invalid."
    changes = chosen_rests_on(workloads)
    wide = sum(not _settled(change) for change in changes)
    if wide:
        return f"{wide} of {text.plural(len(changes), 'comparison')} could hide more than 10 %."
    return ""


def _settled(change: Change) -> bool:
    return change.decided and change.side is not Side.UNTOLD


def failed(figures: RunFigures, workloads: Judged, goals: Sequence[Goal]) -> Box:
    """Return what failed: goals, messages, cells, trials."""
    cells = [cell for each in workloads for cell in each.cells]
    trials = [trial.record for cell in cells for trial in cell.cell.trials]
    planned = {cell.cell.cell.id for cell in cells}
    due = [trial for trial in figures.plan.trials if trial.cell_id in planned]
    valid = sum(record.valid for record in trials)
    missing = sum(trial.id in figures.missing for trial in due)
    bad = list(_failures(workloads, goals))
    doubts = list(_doubts(workloads, goals, len(trials) - valid, missing))
    state = State.FAILS if bad else State.DOUBTFUL if doubts else State.HOLDS
    ledgers = [record.ledger for record in trials if record.ledger is not None]
    messages = sum(ledger.planned for ledger in ledgers)
    lost = _lost_words([cell.lost for cell in cells])
    twice = sum(ledger.duplicates for ledger in ledgers)
    goal_words = "" if goals else " No goals were set."
    return Box(
        asks=FAILED,
        state=state,
        word=text.listed([*bad, *doubts]).capitalize() if bad or doubts else "Nothing",
        text=(
            f"{valid} of {text.plural(len(due), 'trial')} valid; "
            f"{text.plural(messages, 'message')}, {lost}, {text.count(twice)} twice.{goal_words}"
        ),
    )


def _lost_words(each: Sequence[int | None]) -> str:
    known = sum(count for count in each if count is not None)
    if None not in each:
        return f"{text.count(known)} lost"
    return f"at least {text.count(known)} lost" if known else "perhaps some lost, nobody can tell"


def _failures(workloads: Judged, goals: Sequence[Goal]) -> Iterator[str]:
    missed = sum(goal.reading == "missed" for goal in goals)
    unmeasured = sum(goal.reading == "not measured" for goal in goals)
    if missed:
        yield f"{text.plural(missed, 'goal')} missed"
    if unmeasured:
        yield f"{text.plural(unmeasured, 'goal')} not measured"
    cells = [cell for each in workloads for cell in each.cells]
    short = {
        word: msgs
        for word in shortfalls.SHORTFALLS
        if (msgs := sum(cell.short_msgs.get(word, 0) for cell in cells))
    }
    if short:
        yield shortfalls.written(short)
    if any(each.reproach for each in workloads):
        yield text.plural(sum(bool(each.reproach) for each in workloads), "workload") + " invalid"
    elif spoilt := _invalid_cells(workloads):
        yield f"{text.plural(spoilt, 'cell')} invalid"


def _invalid_cells(workloads: Judged) -> int:
    cells = [cell for each in workloads for cell in each.cells]
    return sum(not c.contends and c.pace is Pace.UNTOLD and not c.short_msgs for c in cells)


def _doubts(workloads: Judged, goals: Sequence[Goal], invalid: int, missing: int) -> Iterator[str]:
    undecided = sum(goal.state is State.DOUBTFUL for goal in goals)
    if undecided:
        yield f"{text.plural(undecided, 'goal')} undecided"
    if invalid:
        yield f"{text.plural(invalid, 'trial')} invalid"
    if missing:
        yield f"{text.plural(missing, 'trial')} missing"
    if any(cell.lost is None for each in workloads for cell in each.cells):
        yield "perhaps messages lost"


def keeps_up(workloads: Judged) -> Box:
    """Return whether all cells keep up with what was offered."""
    cells = [cell for each in workloads for cell in each.cells]
    behind = [cell for cell in cells if cell.pace is Pace.FALLS_BEHIND]
    refusing = [
        cell
        for cell in cells
        if cell not in behind and any(cell.short_msgs.get(word) for word in _OFFERED)
    ]
    untold = [cell for cell in cells if cell.pace is Pace.UNTOLD and cell not in refusing]
    where = _load_words(workloads)
    if behind or refusing:
        verb = "falls" if len(behind) == 1 else "fall"
        parts = [f"{len(behind)} of {len(cells)} {verb} behind"] if behind else []
        verb = "takes" if len(refusing) == 1 else "take"
        parts += [f"{len(refusing)} of {len(cells)} {verb} not all"] if refusing else []
        names = text.listed(_first([cell.short for cell in (*behind, *refusing)]))
        return Box(
            asks=KEEPS_UP, state=State.FAILS, word=text.listed(parts), text=f"{names}. {where}"
        )
    if untold:
        word = (
            "Not told" if len(untold) == len(cells) else f"{len(untold)} of {len(cells)} not told"
        )
        return Box(asks=KEEPS_UP, state=State.DOUBTFUL, word=word, text=where)
    word = "The one cell" if len(cells) == 1 else f"All {len(cells)} cells"
    return Box(asks=KEEPS_UP, state=State.HOLDS, word=word, text=f"{where} Limits were not sought.")


def _first(names: Sequence[str], most: int = 3) -> list[str]:
    unique = list(dict.fromkeys(names))
    rest = len(unique) - most
    return [*unique[:most], f"{rest} more"] if rest > 0 else unique


def _load_words(workloads: Judged) -> str:
    rates = list(dict.fromkeys(map(_rate, workloads)))
    busy = [
        trial.record.host.busy_share
        for each in workloads
        for cell in each.cells
        for trial in cell.cell.trials
        if trial.record.host is not None and trial.record.host.busy_share >= 0
    ]
    share = f", with at most {text.size_of(max(busy))} of the cores busy" if busy else ""
    return f"At {text.listed(rates)} msg/s{share}."


def _rate(workload: WorkloadJudgement) -> str:
    publish = workload.baseline.cell.cell.workload.publish
    return text.number(publish.window_rate_msgs_per_s)
