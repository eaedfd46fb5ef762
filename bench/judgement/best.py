"""The answers of a run that sought the best settings: which, how sure, what failed, what mattered.

What is told of a gain is from blocks that the search did not see. Settings that break a constraint
are what was sought out, and no failure of the run; that nothing holds the constraints is one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from bench.analysis import shortfalls
from bench.analysis.figures import CellFigures, RunFigures
from bench.core import text
from bench.core.marks import State
from bench.core.units import format_duration
from bench.judgement import trust_checks
from bench.judgement.boxes import FAILED, SURE, UNUSABLE, check_words
from bench.judgement.check import Check
from bench.judgement.choosing import capital
from bench.judgement.headlines import Headline
from bench.judgement.model import MARGIN, Box, Boxes, Notice
from bench.judgement.records import all_cells, all_trials, warnings
from bench.judgement.tried import Tuning
from bench.judgement.trust import ENOUGH_BLOCKS
from bench.judgement.tuned_words import (
    broken_rules,
    changes_of,
    fell_back,
    gain_of,
    level_words,
    mattered,
    may_be_better,
    most_better,
    named,
    take,
)
from bench.seek.tuned import Ending, Fate, Tuned

CHOOSE, MATTERED = "What to choose", "What mattered"


def headline(found: Tuning, question: str) -> Headline:
    """Return what stands above all else."""
    below = [question.rstrip(), *_beside(found)]
    return Headline(
        state=found.state, text=capital(found.holds), below=" ".join(filter(None, below))
    )


def _beside(found: Tuning) -> Iterator[str]:
    """Yield what most belongs to what was found: what the winners of the search came to."""
    if len(found.objectives) > 1 and found.over:
        names = [named(found, each) for each in found.compared if each.on_front]
        if len(names) == 1:
            yield f"Nothing confirmed is better at both than {names[0]}."
        elif names:
            yield f"None of {len(names)} settings is better at both than another."
    if found.ending is Ending.NOTHING_HOLDS:
        yield f"{capital(broken_rules(found))}."


def boxes(figures: RunFigures, rests: RunFigures, found: Tuning, checks: Sequence[Check]) -> Boxes:
    """Return the four answers.

    Args:
        figures: of the run.
        rests: of it what the answer rests on.
        found: in it.
        checks: of what it rests on.
    """
    return Boxes(
        choose=_choose(found),
        sure=_sure(rests, found, checks),
        failed=_failed(figures, found),
        keeps_up=_mattered(found),
    )


def _choose(found: Tuning) -> Box:
    said = [_goal_words(found)]
    if found.ending is Ending.BETTER and found.chosen is not None:
        values = found.base.values
        changed = [key for key, _ in changes_of(found, found.chosen)]
        was = [f"{key} {values[key]}" for key in changed if key in values]
        said = [f"In place of {text.listed(was)}" if was else "", *said]
    words = " ".join(f"{each}." for each in said if each)
    return Box(asks=CHOOSE, state=None, word=take(found), text=words)


def _goal_words(found: Tuning) -> str:
    rules = " and ".join(each.rule for each in found.objectives)
    under = f", with {text.listed([*found.constraints])}" if found.constraints else ""
    return capital(f"{rules}{under}")


def _sure(rests: RunFigures, found: Tuning, checks: Sequence[Check]) -> Box:
    left = [t for t in all_trials(rests) if t.record.valid and t.record.window is not None]
    looks = trust_checks.of_trials(left)
    unusable = [f"{each.name}: {each.found}" for each in looks if each.state is State.FAILS]
    doubted = [each for each in checks if each.grave and each.state is State.DOUBTFUL]
    state, word = _sureness(found, hinted=bool(doubted))
    if unusable:
        state, word = State.FAILS, UNUSABLE
    hints = [f"in doubt: {each.name} ({each.found})" for each in doubted]
    said = [*unusable, *hints, *_grounds(found), fell_back(found), check_words(checks)]
    words = " ".join(f"{capital(each)}." for each in said if each)
    return Box(asks=SURE, state=state, word=word, text=words)


def _sureness(found: Tuning, *, hinted: bool) -> tuple[State, str]:
    if not found.over:
        return State.DOUBTFUL, "Not sought to the end"
    if found.ending is Ending.UNDECIDED:
        return State.DOUBTFUL, "Not decided"
    if found.ending is Ending.NO_BETTER and most_better(found) > MARGIN:
        return State.DOUBTFUL, "Nothing surely better, something may be"
    if hinted:
        return State.DOUBTFUL, f"{_SURE[found.ending]}, with a doubt"
    return State.HOLDS, _SURE[found.ending]


_SURE = {
    Ending.BETTER: "Confirmed in fresh blocks",
    Ending.NO_BETTER: "Nothing surely better",
    Ending.NOTHING_HOLDS: "Nothing tried holds",
}


def _grounds(found: Tuning) -> Iterator[str]:
    gain = gain_of(found)
    if gain is not None:
        yield f"{found.goal.metric.title} {gain.told} against the base"
    elif found.ending is Ending.NO_BETTER:
        yield may_be_better(found)
    spent, budget = _minutes(found.spent_ns), _minutes(found.budget_ns)
    chose = "each was to run" if found.raced else "an optimiser chose"
    tried = text.count(len(found.tried) - 1)
    yield (
        f"{tried} of {text.plural(found.points, 'valid setting')} tried ({chose}), {spent} of "
        f"{budget} spent"
    )


def _minutes(ns: int) -> str:
    """Write a time to the minute, below two of them to the second."""
    whole = 60 if ns >= 120 * 10**9 else 1
    return format_duration(max(round(ns / 10**9 / whole), 1) * whole * 10**9)


def _failed(figures: RunFigures, found: Tuning) -> Box:
    bad = ["no setting holds the constraints"] if found.ending is Ending.NOTHING_HOLDS else []
    doubts = list(_doubts(figures, found))
    state = State.FAILS if bad else State.DOUBTFUL if doubts else State.HOLDS
    word = capital(text.listed([*bad, *doubts])) or "Nothing of what is to be chosen"
    return Box(asks=FAILED, state=state, word=word, text=" ".join(_account(figures, found)))


def _doubts(figures: RunFigures, found: Tuning) -> Iterator[str]:
    if not found.over:
        yield "the search is not over"
    if found.base.fate is Fate.BREAKS or (found.base.why and found.base.fate is Fate.BASE):
        yield "the base does not surely hold the constraints"
    if spoilt := len(found.having(Fate.INVALID)):
        yield f"{text.plural(spoilt, 'setting')} could not be measured"
    if figures.missing:
        yield f"{text.plural(len(figures.missing), 'trial')} missing"


def _account(figures: RunFigures, found: Tuning) -> Iterator[str]:
    records = [trial.record for cell in all_cells(figures) for trial in cell.trials]
    valid = sum(record.valid for record in records)
    yield f"{valid} of {text.plural(len(figures.plan.trials), 'trial')} valid."
    breaks = len(found.having(Fate.BREAKS))
    fewer = len(found.having(Fate.LEFT))
    tried = text.plural(len(found.tried), "setting")
    yield f"Of {tried} {breaks} broke a constraint, {fewer} left as clearly worse."
    if rules := broken_rules(found):
        yield f"{capital(rules)}."
    cells = all_cells(figures)
    if short := shortfalls.of_cells(cells):
        yield f"{shortfalls.written(short, cells)}."


def _mattered(found: Tuning) -> Box:
    clear = [each for one in found.importance for each in one.clear]
    if not clear:
        return _nothing_mattered(told=bool(found.importance))
    names = list(dict.fromkeys(each.name for each in clear))
    levels = [f"{each.name} {level_words(each.levels)}." for each in clear[:2] if each.levels]
    shares = f"Of what differs: {'; '.join(mattered(found))}."
    return Box(
        asks=MATTERED,
        state=None,
        word=text.listed(names),
        text=" ".join([shares, *levels]),
    )


def _nothing_mattered(*, told: bool) -> Box:
    if told:
        why = "No setting clearly explains more than chance does."
        return Box(asks=MATTERED, state=None, word="Nothing stands out", text=why)
    why = "Too little was tried to tell."
    return Box(asks=MATTERED, state=State.UNKNOWN, word="Not told", text=why)


def notices(figures: RunFigures, found: Tuning) -> Iterator[Notice]:
    """Yield what a reader must know before the figures."""
    if not found.over or figures.missing:
        said = f"This goes on with it: `jetbench tune --resume {figures.run_id}`."
        yield Notice(state=State.DOUBTFUL, word="The search is not over", text=said)
    if found.base.why:
        said = f"{capital(found.base.why.rstrip('.'))}. Gains are told against it all the same."
        yield Notice(state=State.DOUBTFUL, word="The base does not surely hold", text=said)
    yield from _fell_short(figures)
    if warned := warnings(figures):
        codes = text.listed(sorted({finding.code for _, finding in warned}))
        trials = text.plural(len({trial_id for trial_id, _ in warned}), "trial")
        said = f"They are valid all the same; Every trial, below, has the words: {codes}."
        yield Notice(state=State.DOUBTFUL, word=f"Warnings in {trials}", text=said)


def _fell_short(figures: RunFigures) -> Iterator[Notice]:
    cells = [cell for cell in all_cells(figures) if shortfalls.of_cell(cell)]
    if cells:
        words = shortfalls.written(shortfalls.of_cells(cells), cells)
        many = text.plural(len(cells), "setting")
        said = f"{words}, under {many}. None of them is chosen."
        yield Notice(state=State.DOUBTFUL, word="Messages fell short", text=said)


def rests_on(figures: RunFigures, found: Tuned) -> RunFigures:
    """Return the figures with nothing but what the answer rests on: what checks look at.

    The confirming blocks of the base and what leads; without any, all that stands.
    """
    first = () if found.incumbent is None else (found.incumbent,)
    confirmed = {each.point: each.confirmed for each in (found.base, *first)}
    cells = [cell for cell in confirmed.values() if cell is not None]
    spoilt = (Fate.BREAKS, Fate.INVALID)
    cells = cells or [each.cell for each in found.standings if each.fate not in spoilt]
    shown = (replace(each, cells=_of(cells, each.name)) for each in figures.workloads)
    return replace(figures, workloads=tuple(each for each in shown if each.cells))


def _of(cells: Sequence[CellFigures], workload: str) -> tuple[CellFigures, ...]:
    return tuple(cell for cell in cells if cell.cell.workload_name == workload)


def confirming(found: Tuned) -> Check:
    """Return the check of how often what leads and the base ran side by side, unsought."""
    gain, done = found.gain, found.blocks[0]
    pairs = 0 if gain is None else gain.found.pairs
    needed = found.ending in (Ending.BETTER, Ending.UNDECIDED)
    state = State.HOLDS if pairs >= ENOUGH_BLOCKS or not needed else State.DOUBTFUL
    if not found.over:
        state = State.DOUBTFUL
    return Check(
        name="Confirming blocks",
        state=state,
        found=f"{pairs} that the base and what leads both have, of {done} run",
        threshold=f"{ENOUGH_BLOCKS} or more that the search did not choose by",
        meaning="What a search picks looks better than it is: chance helped to pick it.",
    )
