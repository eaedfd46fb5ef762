"""Every kind of workload by its name, as a workload's `kind:` writes it."""

from collections.abc import Callable, Mapping

from bench.spec import cast
from bench.spec.cast import Cast, Entry, Weight
from bench.spec.kinds import stream
from bench.spec.variant import Settings

_CASTS: Mapping[str, Callable[[Settings], Cast]] = {"stream": stream.cast_of}


def cast_of(kind: str, settings: Settings) -> Cast:
    """Return the parts of a workload of this kind under these settings."""
    return _CASTS[kind](settings)


def ruled() -> Mapping[str, Entry]:
    """Return the entries of ledgers that a rule may name, of every kind, by their flat names."""
    of_each = (cast.ruled(of(Settings())) for of in _CASTS.values())
    return {name: entry for held in of_each for name, (_, entry) in held.items()}


def words_of_weight(weight: Weight) -> tuple[str, ...]:
    """Return the words of those that weigh so much."""
    return tuple(name for name, entry in ruled().items() if entry.weight is weight)
