"""Which level of a part is its lag, by name: of what it has not done, whatever else it tells."""

from bench.spec.cast import Level, Part

UNACKED = "unacked"
"""Of what is done and not acknowledged: it stands beside a lag, and is none by itself."""


def lag_of(part: Part) -> Level:
    """Return the level that is a part's lag; ValueError of a part without levels."""
    if not part.levels:
        raise ValueError(f"{part.name} has no lag")
    return next((level for level in part.levels if level.name != UNACKED), part.levels[0])


def beside_lag(part: Part) -> Level | None:
    """Return the level that stands beside a part's lag; None where none does."""
    lag = lag_of(part)
    return next((level for level in part.levels if level is not lag), None)
