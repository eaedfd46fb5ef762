"""Three of the four answers: how sure, what failed, does it keep up."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.analysis import nouns, shortfalls
from bench.analysis.figures import RunFigures, TrialFigures
from bench.analysis.validity import reproach_of
from bench.core import text
from bench.core.marks import State
from bench.gate.criteria import Answer
from bench.gate.verdict import GateResult
from bench.judgement import trust, trust_checks
from bench.judgement.cells import behind_in, left_in, perhaps
from bench.judgement.check import Check
from bench.judgement.choosing import Judged, capital, open_points, reserve
from bench.judgement.model import (
    MARGIN,
    Box,
    CellJudgement,
    Change,
    Goal,
    Pace,
    Side,
    WorkloadJudgement,
)
from bench.judgement.names import listed, spoken
from bench.judgement.trust import ENOUGH_BLOCKS
from bench.plan.model import Plan
from bench.spec.cast import instants
from bench.spec.criteria import count_word
from bench.stats.compare import Verdict

SURE, FAILED, KEEPS_UP = "How sure", "What failed", "Does it keep up"

DECIDED = "Decided"
HINT = "A hint, not a decision"
OPEN = "Not decided"
UNUSABLE = "Do not use"
NOTHING_COMPARED = "Nothing was compared"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked about.

    Attributes:
        figures: of the run.
        workloads: of it.
        goals: under these workloads.
        checks: of the run.
        judged: a gate's result or the answer to the criteria; None without either.
    """

    figures: RunFigures
    workloads: Judged
    goals: Sequence[Goal]
    checks: Sequence[Check]
    judged: GateResult | Answer | None

    @property
    def cells(self) -> list[CellJudgement]:
        """Of these workloads."""
        return [cell for each in self.workloads for cell in each.cells]

    @property
    def trials(self) -> list[TrialFigures]:
        """Of these workloads, on disk."""
        return [trial for cell in self.cells for trial in cell.cell.trials]


def sure(asked: Asked) -> Box:
    """Return how sure the choice, or the verdict, is."""
    failing, hints = list(_unusable(asked)), list(_hints(asked))
    points = [] if failing or hints else list(_open_points(asked))
    pairs = trust.least_pairs([each.figures for each in asked.workloads], asked.figures.plan)
    if failing:
        state, word = State.FAILS, UNUSABLE
    elif hints or points:
        known = "" if asked.judged is not None else reserve(asked.workloads)
        hinted = HINT if asked.judged is not None or _stands_out(asked.workloads) else OPEN
        state, word = State.DOUBTFUL, hinted if hints else known or OPEN
    elif asked.judged is None and all(len(each.cells) < 2 for each in asked.workloads):
        state, word = State.UNKNOWN, NOTHING_COMPARED
    else:
        state, word = State.HOLDS, DECIDED
    few = pairs < ENOUGH_BLOCKS
    blocks = [] if few else [_pair_words(pairs, asked.figures.plan)]
    untold = (hints or points) and asked.judged is None and not failing
    unseen = list(_unseen(asked.workloads)) if untold else []
    said = [*failing, *hints, *points, *unseen, *blocks, check_words(asked.checks)]
    words = " ".join(f"{capital(each)}." for each in said if each)
    return Box(asks=SURE, state=state, word=word, text=words)


def _stands_out(workloads: Judged) -> bool:
    """Say whether anything was found that may be a hint of more."""
    sides = {change.side for _, change in _asked_changes(workloads)}
    return bool(sides & {Side.WORSE, Side.BETTER})


def _asked_changes(workloads: Judged) -> Iterator[tuple[WorkloadJudgement, Change]]:
    """Yield what variants change of the time and the price that cells are ranked by."""
    for each in workloads:
        keys = (each.primary.key, each.price.key)
        for cell in each.cells:
            yield from ((each, cell.changes[key]) for key in keys if key in cell.changes)


def _unseen(workloads: Judged) -> Iterator[str]:
    """Yield how large a difference of time may be that nothing was told of.

    Cells between which nothing could be shown are no equal cells.
    """
    of_time = [
        change
        for each, change in _asked_changes(workloads)
        if change.metric == each.primary and change.side is Side.UNTOLD
    ]
    if any(c.low is None or c.high is None for c in of_time):
        yield "a difference of any size may be there, and was not seen"
        return
    known = [(c.low, c.high) for c in of_time if c.low is not None and c.high is not None]
    low, high = min((low for low, _ in known), default=0.0), max((h for _, h in known), default=0.0)
    if max(-low, high) > MARGIN and all(change.relative for change in of_time):
        yield f"differences of {text.share_interval(low, high)} may be there, and were not seen"


def _pair_words(pairs: int, plan: Plan) -> str:
    known = trust.planned_words(plan)
    return text.plural(pairs, "block") + (f": {known}" if known != f"{pairs} planned" else "")


def _unusable(asked: Asked) -> Iterator[str]:
    """Yield why nothing should be used: not for what was left out, but for what is left."""
    spoilt = [each for each in asked.workloads if each.reproach]
    if len(spoilt) == len(asked.workloads):
        yield from (f"invalid: {spoken(each.figures.name)}: {each.reproach}" for each in spoilt)
    left = [each for each in asked.trials if each.record.valid and each.record.window is not None]
    for check in trust_checks.of_trials(left):
        if check.state is State.FAILS:
            yield f"{check.name}: {check.found}"


def _hints(asked: Asked) -> Iterator[str]:
    """Yield what makes a hint of whatever was found."""
    pairs = trust.least_pairs([each.figures for each in asked.workloads], asked.figures.plan)
    if pairs < ENOUGH_BLOCKS:
        yield f"{pairs} of the {ENOUGH_BLOCKS} blocks a decision needs"
    if asked.figures.plan.quick:
        yield "phases were shortened (--quick)"
    for check in asked.checks:
        if _makes_a_hint(check):
            yield f"in doubt: {check.name} ({check.found})"


def _makes_a_hint(check: Check) -> bool:
    return check.grave and check.state is State.DOUBTFUL


def _open_points(asked: Asked) -> Iterator[str]:
    """Yield what enough blocks still leave open."""
    spoilt = [each for each in asked.workloads if each.reproach]
    yield from (f"invalid: {spoken(each.figures.name)}: {each.reproach}" for each in spoilt)
    if asked.judged is None:
        yield from open_points(asked.workloads)
    elif asked.judged.verdict not in (Verdict.PASS, Verdict.FAIL):
        yield "what was asked cannot be told yet"


def check_words(checks: Sequence[Check]) -> str:
    """Say how many checks hold, and name those that do not: `12 checks hold, 2 unknown`.

    What is said already, as a reason for a hint, is not named again.
    """
    left = [each for each in checks if not _makes_a_hint(each)]
    named = {state: [each.name for each in left if each.state is state] for state in State}
    holding = len(named[State.HOLDS])
    words = [f"{text.plural(holding, 'check')} {'holds' if holding == 1 else 'hold'}"]
    if unknown := named[State.UNKNOWN]:
        words.append(f"{len(unknown)} unknown")
    for state, word in ((State.DOUBTFUL, "doubtful"), (State.FAILS, "failing")):
        if named[state]:
            words.append(f"{word}: {text.listed(named[state])}")
    return ", ".join(words) if checks else ""


def failed(asked: Asked) -> Box:
    """Return what failed: goals, messages, cells, checks, trials."""
    bad, doubts = list(_failures(asked)), list(_doubts(asked))
    state = State.FAILS if bad else State.DOUBTFUL if doubts else State.HOLDS
    records = [trial.record for trial in asked.trials]
    messages = sum(record.known(name) or 0 for record in records for name in record.cast.plans)
    valid = sum(record.valid for record in records)
    due = text.plural(len(_due(asked)), "trial")
    noun = nouns.of_casts(record.cast for record in records)
    account = f"{text.plural(messages, noun)}, {_account_words(asked, messages)}"
    return Box(
        asks=FAILED,
        state=state,
        word=capital(text.listed([*bad, *doubts])) if bad or doubts else "Nothing",
        text=f"{valid} of {due} valid; {account}. {_goal_words(asked.goals)}.",
    )


def _account_words(asked: Asked, messages: int) -> str:
    """Say what was lost and what came twice; where nothing can be lost, how far messages came."""
    twice = sum(cell.twice for cell in asked.cells)
    records = [trial.record for trial in asked.trials]
    if not records or any(record.cast.counting("lost") for record in records):
        lost = _lost_words([cell.lost for cell in asked.cells])
        return f"{lost}, {text.count(twice)} twice"
    ended = [instants(record.cast)[record.cast.done] for record in records]
    through = sum(
        record.known(record.cast.entry(part, instant.entry)) or 0
        for record, (part, instant) in zip(records, ended, strict=True)
    )
    words = text.listed(list(dict.fromkeys(instant.name for _, instant in ended)))
    repeats = f", {text.count(twice)} twice" if twice else ""
    return f"{'all' if through == messages else text.count(through)} {words}{repeats}"


def _due(asked: Asked) -> list[str]:
    ids = {cell.cell.cell.id for cell in asked.cells}
    return [trial.id for trial in asked.figures.plan.trials if trial.cell_id in ids]


def _goal_words(goals: Sequence[Goal]) -> str:
    kept = sum(goal.state is State.HOLDS for goal in goals)
    return f"{kept} of {text.plural(len(goals), 'goal')} kept" if goals else "No goals were set"


def _lost_words(each: Sequence[int | None]) -> str:
    known = sum(count for count in each if count is not None)
    if None not in each:
        return f"{text.count(known)} lost"
    return f"at least {text.count(known)} lost" if known else "perhaps some lost, nobody can tell"


def _failures(asked: Asked) -> Iterator[str]:
    """Yield what surely failed, worst first."""
    for reading in ("missed", "not measured"):
        if count := sum(goal.reading == reading for goal in asked.goals):
            yield f"{text.plural(count, 'goal')} {reading}"
    measured = [cell.cell for cell in asked.cells]
    if short := shortfalls.of_cells(measured):
        yield shortfalls.written(short, measured)
    if behind := sum(cell.pace is Pace.FALLS_BEHIND for cell in asked.cells):
        yield f"{text.plural(behind, 'cell')} {'falls' if behind == 1 else 'fall'} behind"
    if partly := sum(bool(behind_in(cell.cell)) for cell in asked.cells):
        yield f"{text.plural(partly, 'cell')} fell behind in some trials"
    if spoilt := sum(bool(each.reproach) for each in asked.workloads):
        yield f"{text.plural(spoilt, 'workload')} invalid"
    if cells := sum(bool(reproach_of(cell.cell)) for cell in asked.cells):
        yield f"{text.plural(cells, 'cell')} invalid"
    if failing := sum(check.state is State.FAILS for check in asked.checks):
        yield f"{text.plural(failing, 'check')} failing"
    if invalid := sum(not trial.record.valid for trial in asked.trials):
        yield f"{text.plural(invalid, 'trial')} invalid"


def _doubts(asked: Asked) -> Iterator[str]:
    """Yield what may have failed, for all that anybody can tell."""
    if undecided := sum(goal.state is State.DOUBTFUL for goal in asked.goals):
        yield f"{text.plural(undecided, 'goal')} undecided"
    if missing := sum(trial_id in asked.figures.missing for trial_id in _due(asked)):
        yield f"{text.plural(missing, 'trial')} missing"
    if any(cell.lost is None for cell in asked.cells):
        yield "perhaps messages lost"
    if left := sum(bool(left_in(cell.cell)) for cell in asked.cells):
        yield f"{text.plural(left, 'cell')} not done with all when the drain ended"
    words = dict.fromkeys(word for cell in asked.cells for word in perhaps(cell.cell))
    yield from (f"perhaps messages {count_word(word)}" for word in words)


def keeps_up(workloads: Judged) -> Box:
    """Return whether all cells keep up with what was offered."""
    cells = [cell for each in workloads for cell in each.cells]
    behind = [cell for cell in cells if cell.pace is Pace.FALLS_BEHIND]
    refusing = [cell for cell in cells if cell.pace is Pace.TAKES_LESS]
    untold = [cell for cell in cells if cell.pace is Pace.UNTOLD]
    where = _load_words(workloads)
    if behind or refusing:
        poor = list(_poor(behind, refusing, len(cells)))
        unsaid = [f"{len(untold)} not told"] if untold else []
        state, word = State.FAILS, text.listed([*poor, *unsaid])
    elif untold:
        of = f"{len(untold)} of {len(cells)} not told"
        state, word = State.DOUBTFUL, "Not told" if len(untold) == len(cells) else of
    else:
        state, word = State.HOLDS, f"All {len(cells)} cells" if len(cells) > 1 else "The one cell"
    named = listed([cell.short for cell in (*behind, *refusing, *untold)])
    words = [
        *([f"{named}."] if named else []),
        where,
        "How much more they would carry was not sought.",
    ]
    return Box(asks=KEEPS_UP, state=state, word=word, text=" ".join(words))


def _poor(behind: Sequence[object], refusing: Sequence[object], total: int) -> Iterator[str]:
    if behind:
        yield f"{len(behind)} of {total} {'falls' if len(behind) == 1 else 'fall'} behind"
    if refusing:
        yield f"{len(refusing)} of {total} {'does' if len(refusing) == 1 else 'do'} not take all"


def _load_words(workloads: Judged) -> str:
    rates = list(dict.fromkeys(rate for each in workloads if (rate := _rate(each))))
    at = f"At {text.listed(rates)} msg/s" if rates else "All work was laid before the window"
    busy = [
        trial.record.host.busy_share
        for each in workloads
        for cell in each.cells
        for trial in cell.cell.trials
        if trial.record.host is not None and trial.record.host.busy_share >= 0
    ]
    share = f"; the cores were up to {text.percent(max(busy), 2)} busy" if busy else ""
    return f"{at}{share}."


def _rate(workload: WorkloadJudgement) -> str:
    """Write the offered rate; nothing where all there is was laid before."""
    offering = workload.baseline.cell.cell.workload
    return text.number(offering.window_rate_msgs_per_s) if offering.offers else ""
