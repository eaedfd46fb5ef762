"""Whether a workload has what a rule, or a ranking, asks for: told when the file is read.

A figure that nobody has would be measured for hours and come out undecided.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bench.core import text, words
from bench.core.words import nearest
from bench.spec.cast import Cast, ruled, tail
from bench.spec.criteria import LAG_VERDICT
from bench.spec.kinds.registry import cast_of, fullest_casts
from bench.spec.metrics import LISTED, Better, of_casts
from bench.spec.telling import is_left_undone
from bench.spec.variant import Settings
from bench.spec.workload import Workload


@dataclass(frozen=True, slots=True, kw_only=True)
class Lack:
    """What is asked for and not there.

    Attributes:
        what: in words.
        allowed: what may be asked for in its place.
        nearest: of those, what was perhaps meant; may be empty.
    """

    what: str
    allowed: str
    nearest: str


def has(workload: Workload, subject: str) -> bool:
    """Say whether a workload can have a figure or a count, under whatever settings.

    Args:
        workload: of whatever kind.
        subject: of a rule; a name that there is.
    """
    return any(subject in _subjects(cast) for cast in fullest_casts(workload))


def is_counted(subject: str, cast: Cast, settings: Settings) -> bool:
    """Say whether a variant tells a figure or a count; what a setting alone does is 0 without it.

    Args:
        subject: of a rule.
        cast: of a workload under these settings.
        settings: of the variant.
    """
    return subject in _subjects(cast) or is_left_undone(subject, settings)


def lack(subject: str, workloads: Mapping[str, Workload]) -> Lack | None:
    """Return what is wrong with a figure or count that none of some workloads has.

    None where one has it, and of no workload: then there is nothing to ask.
    """
    casts = [cast for workload in workloads.values() for cast in fullest_casts(workload)]
    known = tuple(dict.fromkeys(name for cast in casts for name in _subjects(cast)))
    if not casts or subject in known:
        return None
    alike = [name for name in known if tail(name) == tail(subject)]
    several = "." not in subject and alike
    where = text.listed(list(workloads))
    return Lack(
        what=f"several parts of {where} have '{subject}'" if several
        else f"nothing in {where} has '{subject}'",
        allowed=", ".join(alike) or words.alike(subject, known, f"{LISTED} that {where} has"),
        nearest="" if several else nearest(subject, known),
    )  # fmt: skip


def ranked_alike(workloads: Iterable[Workload]) -> bool:
    """Say whether the variants of some workloads are all ranked by one time."""
    ranked = [cast_of(workload, Settings()).ranked for workload in workloads]
    return not ranked or bool(set.intersection(*map(set, ranked)))


def in_all(workloads: Iterable[Workload]) -> tuple[str, ...]:
    """Return the figures, one way of which is better, that each of some workloads has."""
    casts = [cast_of(workload, Settings()) for workload in workloads]
    return tuple(
        metric.short
        for metric in of_casts(casts)
        if metric.better is not Better.NEITHER
        and all(metric.short in _subjects(cast) for cast in casts)
    )


def _subjects(cast: Cast) -> tuple[str, ...]:
    """Return all that a rule may ask of a cast: figures, the lag's verdict, counts."""
    counts = ruled(cast)
    verdict = [LAG_VERDICT] if any(part.levels for part in cast.parts) else []
    figures = (metric.short for metric in of_casts([cast]))
    return tuple(dict.fromkeys((*figures, *verdict, *counts, *map(tail, counts))))
