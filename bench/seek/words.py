"""What a search found, in sentences: every view says it by these."""

from collections.abc import Sequence

from bench.analysis.figures import Diagnosis
from bench.core.text import count, listed, number
from bench.plan.model import Purpose
from bench.seek.bracket import Ending, Said, edge
from bench.seek.said import Told
from bench.seek.state import Break, Limiting, Sought

MOST_GOALS = 2
"""So many goals are named in a sentence; of more only how many there are."""

_WHOLE_FROM_PER_S = 100.0


def holds(found: Sought) -> str:
    """Say how far it holds: `holds p99 < 20ms to 1 340 msg/s (not surely at 1 390)`."""
    return _so_far(found) if not found.over else _WORDS[found.found.ending](found)


def short(found: Sought) -> str:
    """Say the same beside its name, in few words: `1 340 msg/s (not surely at 1 390)`."""
    if not found.over:
        known = found.found.confirmed_per_s is not None
        return f"{_confirmed(found)} so far" if known else "nothing confirmed so far"
    ending = found.found.ending
    lowest = found.found.above_per_s or found.bounds.low_per_s
    return {
        Ending.CONFIRMED: f"{_confirmed(found)}{_surely_not(found)}",
        Ending.AT_LEAST: f"at least {_confirmed(found)}",
        Ending.BELOW: f"below {rate(found.bounds.low_per_s)}",
        Ending.UNCONFIRMED: f"none confirmed down to {rate(lowest)}",
        Ending.NOT_TOLD: "not told",
    }[ending]


def breaks(found: Sought) -> str:
    """Say which goal breaks first, where, and by what; empty where none was seen to."""
    missed = found.first_missed
    if missed is None:
        return ""
    what = missed.told.rule or "the server"
    lead = "First to break" if missed.told.said is Said.MISSED else "First not surely met"
    return f"{lead}: {what} at {rate(missed.step.rate_per_s)}: {found_in(missed.told.why)}."


def parted(each: Sequence[Break]) -> str:
    """Say where each of several goals breaks, as far as was seen; empty of none."""
    told = "; ".join(f"{one.rule} {_broken(one)}" for one in each)
    return f"Each goal by itself, as far as looks saw: {told}." if told else ""


def _broken(found: Break) -> str:
    met = "" if found.met_per_s is None else f"met to {rate(found.met_per_s)}"
    missed = "" if found.missed_per_s is None else f"missed from {rate(found.missed_per_s)}"
    return ", ".join(filter(None, (met, missed))) or "not decided"


def limits(found: Limiting) -> str:
    """Say what limits it beyond its capacity, with the knob: `handler-limited at …: …; turn …`."""
    alike: dict[str, list[Diagnosis]] = {}
    for part in found.parts:
        alike.setdefault(part.limit, []).append(part)
    several = len(found.parts) > 1
    each = "; ".join(_limit(*parts, named=several) for parts in alike.values())
    return f"At {rate(found.at.step.rate_per_s)} {each}."


def _limit(first: Diagnosis, *others: Diagnosis, named: bool) -> str:
    """Say it of the first part that is limited so, and which others are likewise."""
    of = f"{first.part}: " if named else ""
    turn = f"; turn {first.knob}" if first.knob else ""
    more = f"; likewise {listed([each.part for each in others])}" if others else ""
    return f"{of}{first.limit}: {first.words}{turn}{more}"


def decided(found: Sought) -> str:
    """Say what is decided while it is sought: `met at 400 msg/s, missed at 800 msg/s`."""
    tried = [each.tried for each in found.attempts]
    soaks = [each for each in tried if each.purpose is Purpose.SOAK]
    if soaks:
        of_each = (
            f"{count(each.trials)} at {rate(each.rate_per_s)}: {each.said}" for each in soaks
        )
        return f"soaks, {'; '.join(of_each)}"
    between = edge(tried)
    at = {"met": between.met_per_s, "missed": between.missed_per_s, "blind": between.blind_per_s}
    known = [f"{_AT[what]} at {rate(per_s)}" for what, per_s in at.items() if per_s is not None]
    return listed(known) or "nothing is decided"


_AT = {"met": "met", "missed": "missed", "blind": "not to be measured"}


def goal_words(goals: tuple[str, ...]) -> str:
    """Return goals as the end of `holds`: named, or how many there are."""
    if not goals:
        return "what every rate has to hold"
    return listed([*goals]) if len(goals) <= MOST_GOALS else f"its {len(goals)} goals"


def rate(per_s: float) -> str:
    """Write a rate: `1 987 msg/s`."""
    return f"{bare(per_s)} msg/s"


def bare(per_s: float) -> str:
    """Write a rate without its unit."""
    return count(round(per_s)) if per_s >= _WHOLE_FROM_PER_S else number(per_s)


def _confirmed(found: Sought) -> str:
    return rate(found.found.confirmed_per_s or 0.0)


def _surely_not(found: Sought) -> str:
    above = found.found.above_per_s
    return "" if above is None else f" (not surely at {bare(above)})"


def _to(found: Sought) -> str:
    return f"holds {goal_words(found.goals)} to {_confirmed(found)}{_surely_not(found)}"


def _at_least(found: Sought) -> str:
    said = f"holds {goal_words(found.goals)} to {_confirmed(found)} at least"
    above = found.found.above_per_s
    if above is None:
        return f"{said}, the highest rate that was sought"
    return f"{said}: {rate(above)} {_unseen(found, above)}"


def _below(found: Sought) -> str:
    missed = found.first_missed
    rule = (missed.told.rule if missed else "") or goal_words(found.goals)
    return f"misses {rule} at {rate(found.bounds.low_per_s)}, the lowest rate that was sought"


def _unconfirmed(found: Sought) -> str:
    lowest = rate(found.found.above_per_s or found.bounds.low_per_s)
    return f"no rate down to {lowest} could be confirmed by soaks, though probes met the goals"


def _not_told(found: Sought) -> str:
    lowest = found.bounds.low_per_s
    return f"nothing can be told: {rate(lowest)} {_unseen(found, lowest)}"


def _unseen(found: Sought, per_s: float) -> str:
    """Say why a rate is no evidence: the host is too small for it, or each look was spoilt."""
    said = {each.told.said for each in found.attempts if each.step.rate_per_s == per_s}
    blind = Said.NOT_OFFERED in said
    return "could not be offered on this host" if blind else "could not be measured"


def _so_far(found: Sought) -> str:
    """Say how far an unfinished search is: what probes met is no capacity yet."""
    if found.found.confirmed_per_s is not None:
        said = f"holds {goal_words(found.goals)} to {_confirmed(found)} so far"
        return f"{said}: not sought to the end"
    tried = [each.tried for each in found.attempts]
    soaked = [each.rate_per_s for each in tried if each.purpose is Purpose.SOAK]
    if soaked:
        return f"nothing is confirmed so far: soaks at {rate(min(soaked))} do not bear it out yet"
    met = edge(tried).met_per_s
    if met is None:
        return "nothing can be told so far: not sought to the end"
    return f"nothing is confirmed so far: a probe met {goal_words(found.goals)} at {rate(met)}"


_WORDS = {
    Ending.CONFIRMED: _to,
    Ending.AT_LEAST: _at_least,
    Ending.BELOW: _below,
    Ending.UNCONFIRMED: _unconfirmed,
    Ending.NOT_TOLD: _not_told,
}


def why(told: Told) -> str:
    """Return what was found against a rule, or why it is no evidence; empty where all is met."""
    found = found_in(told.why)
    return f"{told.rule}: {found}" if told.rule else found


def found_in(words: str) -> str:
    """Return what was found: that the rule is broken by it stands beside it already."""
    return words.partition(": the rule ")[0].rstrip(".")
