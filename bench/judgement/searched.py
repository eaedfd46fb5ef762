"""The answers of a run that sought capacities: how much, how sure, what failed, what limits it.

A rate holds that soaks bore out. What the host could not offer or what spoilt a probe is told as
such, and what missed below a confirmed rate is not passed over.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from bench.analysis import shortfalls
from bench.analysis.figures import CellFigures, RunFigures
from bench.core import text
from bench.core.marks import State
from bench.judgement import trust_checks
from bench.judgement.boxes import FAILED, SURE, UNUSABLE, check_words
from bench.judgement.capacities import most
from bench.judgement.check import Check
from bench.judgement.choosing import capital
from bench.judgement.headlines import Headline
from bench.judgement.kinds import Capacity, Step
from bench.judgement.model import Box, Boxes, Notice
from bench.judgement.names import listed, spoken
from bench.judgement.records import warnings
from bench.plan.model import Purpose
from bench.plan.seeking import search_of
from bench.seek.bracket import LEAST_SOAKS, Ending, Said
from bench.seek.state import sought
from bench.seek.words import bare, rate

CARRIES, CARRIES_MOST, LIMITED = "How much it carries", "What carries most", "What limits it"

MOST_TOLD = 2
"""So many variants are told with their rates in a headline."""

MOST_LISTED = 5
"""So many below it."""

Found = Sequence[Capacity]


def headline(found: Found, question: str) -> Headline:
    """Return what stands above all else."""
    below = [f"{question.rstrip()}" if question else "", *_where(found)]
    return Headline(
        state=state_of(found), text=capital(_said(found)), below=" ".join(filter(None, below))
    )


def state_of(found: Found) -> State:
    """Return HOLDS where each variant is told and one holds, FAILS where each misses."""
    states = {each.state for each in found}
    if states == {State.FAILS}:
        return State.FAILS
    return State.DOUBTFUL if State.DOUBTFUL in states or not states else State.HOLDS


def _said(found: Found) -> str:
    if len(found) == 1:
        return found[0].holds
    lowest = [each for each in found if each.ending is Ending.BELOW and each.over]
    if len(lowest) == len(found):
        return f"none of {len(found)} variants meets its goals at the lowest rate that was sought"
    first = most(found)
    if first is not None:
        return f"most is carried by {spoken(first.short)}: it {first.holds}"
    if len(found) <= MOST_TOLD:
        return f"which carries more cannot be told: {_each_told(found)}"
    rates = [each.confirmed_per_s for each in found if each.confirmed_per_s is not None]
    some = f"up to {rate(max(rates))} are confirmed" if rates else "no rate is confirmed"
    return f"which of {len(found)} variants carries most cannot be told: {some}"


def _each_told(found: Found) -> str:
    """Say of each how far it holds, the largest rate first; of many only how many more."""
    ordered = sorted(found, key=lambda each: each.confirmed_per_s or 0.0, reverse=True)
    told = [f"{spoken(each.short)} {each.told}" for each in ordered[:MOST_LISTED]]
    more = len(ordered) - len(told)
    return "; ".join([*told, *([f"{more} more"] if more else [])])


def _where(found: Found) -> Iterator[str]:
    """Yield what breaks first of the one variant, or of the one that carries most; its limit."""
    one = found[0] if len(found) == 1 else most(found)
    if one is not None:
        yield from (one.breaks, f"{capital(one.limited)}." if one.limited else "")


def boxes(figures: RunFigures, found: Found, checks: Sequence[Check], beside: str = "") -> Boxes:
    """Return the four answers.

    Args:
        figures: of the run.
        found: its capacities.
        checks: whether it may be believed.
        beside: what the host can do by itself, told beside the limit.
    """
    return Boxes(
        choose=_carries(found),
        sure=_sure(figures, found, checks),
        failed=_failed(figures, found),
        keeps_up=_with(_limited(found), beside),
    )


def _carries(found: Found) -> Box:
    each = f"{_each_told(found)}."
    if len(found) == 1:
        word = capital(found[0].told.partition(" (")[0])
        return Box(asks=CARRIES, state=None, word=word, text=each)
    first = most(found)
    word = "Cannot be told" if first is None else spoken(first.short)
    return Box(asks=CARRIES_MOST, state=None, word=word, text=each)


def _sure(figures: RunFigures, found: Found, checks: Sequence[Check]) -> Box:
    unusable = [
        f"{check.name}: {check.found}"
        for check in trust_checks.of_trials(
            [
                trial
                for cell in _saying(figures, Said.MET, Said.MISSED, Said.OPEN)
                for trial in cell.trials
                if trial.record.valid and trial.record.window is not None
            ]
        )
        if check.state is State.FAILS
    ]
    doubted = [each for each in checks if each.grave and each.state is State.DOUBTFUL]
    state, word = _sureness(found, hinted=bool(doubted))
    if unusable:
        state, word = State.FAILS, UNUSABLE
    hints = [f"in doubt: {each.name} ({each.found})" for each in doubted]
    said = [*unusable, *hints, *_grounds(found), check_words(checks)]
    words = " ".join(f"{capital(each)}." for each in said if each)
    return Box(asks=SURE, state=state, word=word, text=words)


def _sureness(found: Found, *, hinted: bool) -> tuple[State, str]:
    if any(not each.over for each in found):
        return State.DOUBTFUL, "Not sought to the end"
    sound = [each for each in found if each.ending in (Ending.CONFIRMED, Ending.BELOW)]
    if len(sound) < len(found):
        return State.DOUBTFUL, _open_word(found, len(found) - len(sound))
    if hinted:
        return State.DOUBTFUL, "Confirmed, with a doubt"
    below = all(each.ending is Ending.BELOW for each in found)
    return State.HOLDS, "Missed in more than one probe" if below else "Confirmed by soaks"


def _open_word(found: Found, open_: int) -> str:
    """Say what is open of so many: a lower bound is more than nothing."""
    endings = {each.ending for each in found}
    word = "Not decided" if endings & {Ending.NOT_TOLD, Ending.UNCONFIRMED} else "A lower bound"
    return word if len(found) == 1 else f"{word} of {open_} of {len(found)} variants"


def _grounds(found: Found) -> Iterator[str]:
    """Yield what each variant's rate stands on; of many how many were confirmed."""
    if len(found) > MOST_TOLD:
        sure = sum(each.confirmed_per_s is not None for each in found)
        yield f"soaks bore out a rate of {sure} of {len(found)} variants"
        return
    for each in found:
        of = f" of {spoken(each.short)}" if len(found) > 1 else ""
        for step in each.steps:
            if step.purpose is Purpose.SOAK and step.rate_per_s == each.confirmed_per_s:
                soaks = text.plural(step.valid, "soak")
                yield f"{soaks} at {rate(step.rate_per_s)}{of} meet every goal by their upper bound"
            elif step.rate_per_s == each.above_per_s and step.said is not Said.MET:
                yield f"{_looked(step)} at {rate(step.rate_per_s)}{of}: {_SAID[step.said]}"


_SAID = {
    Said.MISSED: "missed",
    Said.OPEN: "cannot be told",
    Said.NOT_OFFERED: "not offered",
    Said.SPOILT: "spoilt",
}


def _looked(step: Step) -> str:
    if step.purpose is Purpose.SOAK:
        return text.plural(step.trials, "soak")
    return f"a {step.purpose}"


def _failed(figures: RunFigures, found: Found) -> Box:
    bad = list(_below(found))
    doubts = list(_doubts(figures, found))
    state = State.FAILS if bad else State.DOUBTFUL if doubts else State.HOLDS
    word = capital(text.listed([*bad, *doubts])) or "Nothing within what is confirmed"
    return Box(asks=FAILED, state=state, word=word, text=" ".join(_account(figures, found)))


def _below(found: Found) -> Iterator[str]:
    """Yield how many variants miss their goals wherever they were looked at."""
    lowest = sum(each.over and each.ending is Ending.BELOW for each in found)
    if lowest and len(found) == 1:
        yield "goals missed at the lowest rate"
    elif lowest:
        miss = "misses" if lowest == 1 else "miss"
        yield f"{lowest} of {len(found)} variants {miss} the goals at the lowest rate"


def _doubts(figures: RunFigures, found: Found) -> Iterator[str]:
    """Yield what is no evidence, and what missed where a higher rate is confirmed."""
    if any(not each.over for each in found):
        yield "the search is not over"
    for each in found:
        if each.over and each.ending is Ending.UNCONFIRMED:
            yield f"soaks of {spoken(each.short)} bore out nothing that probes met"
        if within := _missed_within(each):
            of = f" of {spoken(each.short)}" if len(found) > 1 else ""
            at = text.listed([bare(step.rate_per_s) for step in within])
            yield f"missed{of} at {at} msg/s, within what is confirmed"
    for said in (Said.NOT_OFFERED, Said.SPOILT):
        if count := sum(len(each.having(said)) for each in found):
            yield f"{text.plural(count, 'look')} {_SAID[said]}"
    if figures.missing:
        yield f"{text.plural(len(figures.missing), 'trial')} missing"


def _missed_within(found: Capacity) -> list[Step]:
    confirmed = found.confirmed_per_s or 0.0
    return [step for step in found.having(Said.MISSED) if step.rate_per_s <= confirmed]


def _account(figures: RunFigures, found: Found) -> Iterator[str]:
    valid = sum(step.valid for each in found for step in each.steps)
    yield f"{valid} of {text.plural(len(figures.plan.trials), 'trial')} valid."
    missed = sum(len(each.having(Said.MISSED)) for each in found)
    met = sum(len(each.having(Said.MET)) for each in found)
    looks = text.plural(sum(len(each.steps) for each in found), "look")
    yield f"Of {looks} at a rate {met} met the goals, {missed} missed."
    cells = list(_cells(figures))
    if short := shortfalls.of_cells(cells):
        yield f"{shortfalls.written(short, cells)}."


def _limited(found: Found) -> Box:
    told = [each for each in found if each.limited]
    kinds = list(dict.fromkeys(each.limited for each in told))
    if not told:
        word, why = "Not told", " ".join(dict.fromkeys(map(_unlimited, found)))
        return Box(asks=LIMITED, state=State.UNKNOWN, word=word, text=why)
    word = capital(text.listed(kinds))
    if len(found) == 1:
        return Box(asks=LIMITED, state=None, word=word, text=told[0].limits)
    names = {kind: listed([one.short for one in told if one.limited == kind]) for kind in kinds}
    if untold := [one.short for one in found if not one.limited]:
        names["not told"] = listed(untold)
    each = "; ".join(f"{kind}: {whose}" for kind, whose in names.items())
    return Box(asks=LIMITED, state=None, word=word, text=f"{each}.")


def _with(limit: Box, beside: str) -> Box:
    return replace(limit, text=" ".join(filter(None, (limit.text, beside))))


def _unlimited(found: Capacity) -> str:
    if not found.having(Said.MISSED):
        return "No rate was seen to miss a goal."
    return "Where a goal is missed no part is seen to be full."


def notices(figures: RunFigures, found: Found) -> Iterator[Notice]:
    """Yield what a reader must know before the figures."""
    yield from _unfinished(figures, found)
    yield from _fell_short(figures)
    yield from _blind(found)
    if warned := warnings(figures):
        codes = text.listed(sorted({finding.code for _, finding in warned}))
        trials = text.plural(len({trial_id for trial_id, _ in warned}), "trial")
        said = f"They are valid all the same; Every trial, below, has the words: {codes}."
        yield Notice(state=State.DOUBTFUL, word=f"Warnings in {trials}", text=said)


def _unfinished(figures: RunFigures, found: Found) -> Iterator[Notice]:
    if any(not each.over for each in found) or figures.missing:
        said = f"This goes on with it: `jetbench capacity --resume {figures.run_id}`."
        yield Notice(state=State.DOUBTFUL, word="The search is not over", text=said)


def _fell_short(figures: RunFigures) -> Iterator[Notice]:
    cells = [cell for cell in _cells(figures) if shortfalls.of_cell(cell)]
    if cells:
        rates = {step.cell_id: step.rate_per_s for step in search_of(figures.plan).steps}
        lowest = min((rates[cell.cell.id] for cell in cells), default=0.0)
        words = shortfalls.written(shortfalls.of_cells(cells), cells)
        said = f"{words}, from {rate(lowest)} on."
        yield Notice(state=State.DOUBTFUL, word="Messages fell short", text=said)


def _blind(found: Found) -> Iterator[Notice]:
    """Yield which looks are no evidence about the server, and why."""
    for said, word in ((Said.NOT_OFFERED, "not offered"), (Said.SPOILT, "spoilt")):
        steps = [step for each in found for step in each.having(said)]
        if steps:
            at = text.listed(list(dict.fromkeys(bare(step.rate_per_s) for step in steps)))
            why = f"At {at} msg/s: {steps[0].why}. It is no evidence about the server."
            head = f"{text.plural(len(steps), 'look')} {word}"
            yield Notice(state=State.DOUBTFUL, word=head, text=why)


def _cells(figures: RunFigures) -> Iterator[CellFigures]:
    for workload in figures.workloads:
        yield from workload.cells


def _saying(figures: RunFigures, *said: Said) -> list[CellFigures]:
    """Return the cells of the attempts that say so."""
    attempts = (attempt for each in sought(figures) for attempt in each.attempts)
    return [attempt.cell for attempt in attempts if attempt.told.said in said]


def rests_on(figures: RunFigures) -> RunFigures:
    """Return the figures with nothing but what met the goals: what checks look at.

    What is offered more than it takes waits and is unsteady: that is what was sought. Where
    nothing met the goals, all that says something of the server is left.
    """
    met = _saying(figures, Said.MET)
    ids = {cell.cell.id for cell in met or _saying(figures, Said.MISSED, Said.OPEN)}
    kept = (
        replace(each, cells=tuple(cell for cell in each.cells if cell.cell.id in ids))
        for each in figures.workloads
    )
    return replace(figures, workloads=tuple(each for each in kept if each.cells))


def soaks(found: Found) -> Check:
    """Return the check of how often what is confirmed was looked at."""
    due = [each for each in found if not (each.over and each.ending is Ending.BELOW)]
    enough = all(_valid_soaks(each) >= LEAST_SOAKS for each in due)
    return Check(
        name="Soaks",
        state=State.HOLDS if enough else State.DOUBTFUL,
        found="; ".join(f"{spoken(each.short)}: {_soak_words(each)}" for each in found),
        threshold=f"{LEAST_SOAKS} valid soaks or more of a rate that is called confirmed",
        meaning="Probes alone were more than 2 % too high in 14 % of simulated searches.",
    )


def _valid_soaks(found: Capacity) -> int:
    return sum(
        step.valid
        for step in found.steps
        if step.purpose is Purpose.SOAK and step.rate_per_s == found.confirmed_per_s
    )


def _soak_words(found: Capacity) -> str:
    if found.confirmed_per_s is None:
        return "no rate is confirmed"
    return f"{text.plural(_valid_soaks(found), 'valid soak')} at {rate(found.confirmed_per_s)}"
