"""What a search found, in sentences."""

from bench.core.text import count
from bench.seek.bracket import Ending
from bench.seek.state import Attempt, Sought


def headline(found: Sought) -> str:
    """Return what was found of one variant: the rate, between what, and what breaks first."""
    return f"{found.base.variants[0]}: {rate_words(found)}{_first(found)}"


def rate_words(found: Sought) -> str:
    """Return the rate that was confirmed: `holds its goals to 1 340 msg/s (below 1 390)`."""
    result = found.found
    lowest = _rate(found.bounds.low_per_s)
    if result.ending is Ending.BELOW:
        return f"misses its goals at {lowest}, the lowest rate that was sought"
    if result.ending is Ending.UNCONFIRMED:
        lowest = _rate(result.above_per_s or found.bounds.low_per_s)
        return f"no rate down to {lowest} could be confirmed by soaks, though probes met the goals"
    if result.ending is Ending.NOT_TOLD or result.confirmed_per_s is None:
        return f"nothing can be told: {lowest} could not be offered on this host"
    confirmed = _rate(result.confirmed_per_s)
    if result.ending is Ending.AT_LEAST:
        return f"holds its goals to {confirmed} at least{_bound(found)}"
    above = (
        ""
        if result.above_per_s is None
        else f", and no longer surely at {_rate(result.above_per_s)}"
    )
    return f"holds its goals to {confirmed}{above}"


def _bound(found: Sought) -> str:
    above = found.found.above_per_s
    if above is None:
        return ", the highest rate that was sought"
    return f": {_rate(above)} could not be offered on this host"


def _first(found: Sought) -> str:
    missed = found.first_missed
    if missed is None:
        return "."
    what = missed.told.rule or "the server"
    return f". First to break: {what} ({missed.told.why})."


def told_of(attempt: Attempt) -> tuple[str, str, str, str, str]:
    """Return rate, purpose, trials, what they say and why."""
    step, told = attempt.step, attempt.told
    why = f"{told.rule}: {told.why}" if told.rule else told.why
    return _rate(step.rate_per_s), step.purpose, str(len(attempt.cell.trials)), told.said, why


def _rate(per_s: float) -> str:
    return f"{count(round(per_s))} msg/s"
