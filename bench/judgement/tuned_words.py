"""What a search for the best settings found, in sentences: every view says it by these."""

from collections import Counter
from collections.abc import Iterator, Sequence

from bench.core import text
from bench.judgement.changes import directed
from bench.judgement.choosing import capital
from bench.judgement.names import listed, spoken
from bench.judgement.tried import Change, Tried, Tuning
from bench.plan.allotment import MOST_SEARCHED
from bench.seek.tuned import Ending, Fate
from bench.spec.metrics import Better

MOST_NAMED = 4
"""So many values of a set of settings are named in a sentence."""

MOST_LEVELS = 3
"""So many values of a knob are told with what they change."""


def holds(found: Tuning) -> str:
    """Say in a clause what came out."""
    return {
        Ending.BETTER: _better,
        Ending.NO_BETTER: _no_better,
        Ending.UNDECIDED: _undecided,
        Ending.NOTHING_HOLDS: _nothing_holds,
        Ending.NOT_OVER: _not_over,
    }[found.ending](found)


def _better(found: Tuning) -> str:
    if found.chosen is None or (gain := gain_of(found)) is None:
        return "better settings were found"
    more = [c.brief for o in found.objectives[1:] if (c := found.chosen.changes.get(o.metric.key))]
    title = found.goal.metric.title
    said = text.listed([f"{title} {gain.brief}", *more]) if more else f"{title} {gain.said}"
    return f"take {named(found, found.chosen)}: {said}, confirmed in {_fresh(gain)}"


def _no_better(found: Tuning) -> str:
    others = len(found.tried) - 1
    return f"keep the base: none of {text.count(others)} other settings tried is surely better"


def _undecided(found: Tuning) -> str:
    if found.chosen is None:
        return "what to take cannot be told"
    said = f"whether {named(found, found.chosen)} is better than the base cannot be told"
    gain = gain_of(found)
    if gain is None:
        return f"{said}: too few confirming blocks are valid"
    return f"{said}: {found.goal.metric.title} {gain.said}, in {_fresh(gain)}"


def _nothing_holds(found: Tuning) -> str:
    tried = text.count(len(found.tried))
    return f"none of {tried} settings tried holds the constraints"


def _not_over(found: Tuning) -> str:
    tried = f"{text.count(len(found.tried) - 1)} of {text.count(found.points)} settings tried"
    if found.chosen is None:
        return f"nothing can be told so far: {tried}"
    lead = f"so far {named(found, found.chosen)} leads, {tried}"
    return f"{lead}: nothing of it is confirmed"


def named(found: Tuning, tried: Tried, most: int | None = MOST_NAMED) -> str:
    """Name settings by what they have otherwise than the base; by all where that is nothing.

    Args:
        found: the search.
        tried: in it.
        most: values that are named, of others only how many; all where None.
    """
    changed = changes_of(found, tried)
    shown = [f"{key} {value}" for key, value in changed[:most]]
    more = len(changed) - len(shown)
    return spoken(", ".join([*shown, *([f"{more} more"] if more else [])])) or spoken(tried.name)


def changes_of(found: Tuning, tried: Tried) -> tuple[tuple[str, str], ...]:
    """Return what settings have otherwise than the base."""
    base = found.base.values
    return tuple((key, value) for key, value in tried.values.items() if base.get(key) != value)


def gain_of(found: Tuning) -> Change | None:
    """Return what is confirmed of what leads, by the first objective; None without it."""
    if found.chosen is None:
        return None
    return found.chosen.changes.get(found.goal.metric.key)


def _fresh(gain: Change) -> str:
    return text.plural(gain.blocks, "fresh block")


def take(found: Tuning) -> str:
    """Say what to take, in few words."""
    if found.ending is Ending.BETTER and found.chosen is not None:
        return named(found, found.chosen)
    return {
        Ending.NO_BETTER: "Keep the base",
        Ending.NOTHING_HOLDS: "Nothing",
    }.get(found.ending, "Cannot be told yet" if not found.over else "Cannot be told")


def fell_back(found: Tuning) -> str:
    """Say how many that looked better than the base did not stay so; empty where none did."""
    if not found.near or not any(each.confirmed for each in found.tried):
        return ""
    of = f"{found.fell_back} of {text.plural(found.near, 'setting')} that looked better"
    return f"{of} in the search lost 30 % or more of that when confirmed"


def mattered(found: Tuning) -> Iterator[str]:
    """Yield what mattered to each objective, a clause each."""
    several = len(found.objectives) > 1
    for each in found.importance:
        to = f"to {each.metric.title}: " if several else ""
        clear = [f"{one.name} {share_words(one.share)}" for one in each.clear]
        yield to + (text.listed(clear) or "no knob surely matters")


def share_words(share: float) -> str:
    """Write a share that is explained; what lies below 0 is none."""
    return text.percent(max(share, 0.0), 2)


def level_words(levels: Sequence[tuple[str, float]]) -> str:
    """Say what the values of a knob change: `against 100: +12 % at 10, ×2.40 at 1`."""
    if not levels:
        return ""
    (first, _), *others = levels
    shown = [f"{text.share(change)} at {value}" for value, change in others[:MOST_LEVELS]]
    rest = len(others) - len(shown)
    more = [f"{rest} more"] if rest else []
    return f"against {first}: {', '.join([*shown, *more])}"


def open_points(found: Tuning, alike: Sequence[Tried]) -> Iterator[str]:
    """Yield what could not be decided, a sentence each.

    Args:
        found: the search.
        alike: what cannot be told from what leads.
    """
    if found.ending is Ending.UNDECIDED:
        yield f"{capital(found.holds)}."
    if found.chosen is not None and alike:
        name = named(found, found.chosen)
        others = listed([named(found, each) for each in alike])
        yield f"Confirming blocks do not tell {name} from {others}."
    if open_ := found.having(Fate.OPEN):
        yield (
            f"{text.plural(len(open_), 'setting')} tried {_is(open_)} not clearly worse than what "
            "was confirmed, and had no confirming blocks."
        )
    if spoilt := found.having(Fate.INVALID):
        why = f": {spoilt[0].why.rstrip('.')}" if spoilt[0].why else ""
        yield (
            f"Nothing is known of {text.plural(len(spoilt), 'setting')} whose trials are all "
            f"invalid{why}."
        )
    if (left := found.points - (len(found.tried) - 1)) > 0:
        were = "was" if left == 1 else "were"
        yield f"Nothing is said of {text.plural(left, 'valid setting')} that {were} not tried."
    # What is left of so many, but for one, is no block.
    if not found.raced and sum(each.trials for each in found.tried) >= MOST_SEARCHED - 1:
        yield (
            f"The search ended with {text.count(MOST_SEARCHED)} trials, the most that it makes, "
            "whatever its budget."
        )
    yield from _unclear(found)


def _is(each: Sequence[Tried]) -> str:
    return "is" if len(each) == 1 else "are"


def _unclear(found: Tuning) -> Iterator[str]:
    """Yield which knobs may or may not matter."""
    for each in found.importance:
        unclear = [one.name for one in each.main if not one.clear]
        if unclear:
            verb = "matters" if len(unclear) == 1 else "matter"
            whether = f"Whether {text.listed(unclear)} {verb} to {each.metric.title}"
            yield f"{whether} cannot be told from noise."
    if not found.importance and found.over:
        yield "How much each knob matters cannot be told: too little was tried."


def most_better(found: Tuning) -> float:
    """Return by which share of the base what was confirmed may be better; 0 where it is not."""
    key, lower = found.goal.metric.key, found.goal.better is Better.LOWER
    changes = [c for each in found.compared if (c := each.changes.get(key)) and c.relative]
    return max((-c.low if lower else c.high for c in changes), default=0.0)


def may_be_better(found: Tuning) -> str:
    """Say how much better what was confirmed may be, where none surely is; empty without any."""
    most, lower = most_better(found), found.goal.better is Better.LOWER
    if most <= 0:
        return ""
    size = text.size_of(-most if lower else most)
    return f"what was confirmed may be up to {directed(found.goal.metric, size, more=not lower)}"


def broken_rules(found: Tuning) -> str:
    """Say which constraints were broken, the one broken most often first; empty without any."""
    rules = Counter(each.why.partition(":")[0] for each in found.having(Fate.BREAKS) if each.why)
    told = [
        f"{rule} ({text.plural(many, 'time')})" for rule, many in rules.most_common(MOST_LEVELS)
    ]
    return f"broken: {text.listed(told)}" if told else ""
