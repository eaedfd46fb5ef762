"""What a capacity plan comes to, as plain data: every figure says how it is known."""

from dataclasses import dataclass
from enum import StrEnum

from bench.core.marks import State


class Known(StrEnum):
    """How a figure is known."""

    MEASURED = "measured"
    COMPUTED = "computed"
    ASSUMED = "assumed"
    UNTOLD = "not told"


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A figure that others are computed from.

    Attributes:
        what, figure: `Growth`, `4%/month`.
        known: measured or assumed; computed where it is made of such; else not told.
        source: the plan's key, or the run and its trials; why it is not told.
    """

    what: str
    figure: str
    known: Known
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A figure that was computed, today and at the plan's end.

    Attributes:
        what: `Headroom at peak`.
        today, planned: as written; `n/a` where they cannot be told.
        today_state, planned_state: None where nothing is asked of it.
        how: the formula with the numbers of the plan's end put in, and what it leaves out.
    """

    what: str
    today: str
    planned: str
    how: str
    today_state: State | None = None
    planned_state: State | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossing:
    """When something reaches a limit.

    Attributes:
        month: after so many, within the plan.
        when: `Mar 2027`.
    """

    month: float
    when: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Loads:
    """The load over the months of a plan, and what it is held against.

    Attributes:
        average_per_s, peak_per_s: one for each tenth of a month, from 0.
        confirmed_per_s: what soaks bore out; None where nothing is confirmed.
        missed_per_s: the lowest rate that surely misses; None where none does.
        limit_per_s: what leaves the headroom free; None where none is asked for.
        crossing: of the peak and that limit, or what is confirmed; None outside of the plan.
    """

    average_per_s: tuple[float, ...]
    peak_per_s: tuple[float, ...]
    confirmed_per_s: float | None
    missed_per_s: float | None
    limit_per_s: float | None
    crossing: Crossing | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What a stream keeps over the months of a plan.

    Attributes:
        stream_bytes: what max_age keeps, as the server counts, for each tenth of a month.
        disk_bytes: the same on the disks of all replicas.
        max_bytes: None without such a limit.
        crossing: of the first and max_bytes; None outside of the plan.
    """

    stream_bytes: tuple[float, ...]
    disk_bytes: tuple[float, ...]
    max_bytes: int | None
    crossing: Crossing | None


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantOutlook:
    """What a plan comes to with one variant.

    Attributes:
        variant, short: its name, and the same without its config where that is unique.
        state: whether its headroom is left: HOLDS or FAILS surely, else DOUBTFUL.
        sentence: why, without full stop.
        notes: what follows besides, a sentence each.
        results: computed.
        given: what they rest on.
        loads: over the months.
        kept: likewise; None where nobody knows what a message takes, or without a max_age.
        lasts_s: after how long max_bytes is full, for each tenth of a month; None where nobody
            knows, and where a max_age says how much is kept.
    """

    variant: str
    short: str
    state: State
    sentence: str
    notes: tuple[str, ...]
    results: tuple[Result, ...]
    given: tuple[Given, ...]
    loads: Loads
    kept: Kept | None
    lasts_s: tuple[float, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What a plan comes to.

    Attributes:
        state: HOLDS where some variant surely leaves the headroom, FAILS where surely none does.
        headline: in a sentence, without its mark and full stop.
        file: of the plan.
        end: when it ends: `Nov 2027`.
        months: so many.
        ticks: what stands below an axis of months: month and word.
        each: of each variant, at least one.
    """

    state: State
    headline: str
    file: str
    end: str
    months: int
    ticks: tuple[tuple[int, str], ...]
    each: tuple[VariantOutlook, ...]
