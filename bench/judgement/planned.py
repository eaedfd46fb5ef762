"""From a capacity plan and what was found to what it comes to: one decision, worded once.

A plan holds where the highest load that it expects leaves free, of what soaks confirmed, what it
wants free. It fails where the lowest rate that surely misses would not leave that either. What lies
between, and what was measured otherwise than is planned, cannot be told.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from bench.analysis import outlook as sums
from bench.analysis.figures import RunFigures
from bench.core.marks import State
from bench.core.text import listed
from bench.judgement import plan_words as words
from bench.judgement.choosing import capital
from bench.judgement.headlines import Headline
from bench.judgement.kinds import Capacity
from bench.judgement.names import spoken
from bench.judgement.outlook import Crossing, Kept, Loads, Outlook, VariantOutlook
from bench.judgement.plan_basis import Basis, measured_of
from bench.judgement.plan_given import given_of
from bench.judgement.plan_results import results_of
from bench.record.planned import Planned
from bench.seek.bracket import Ending
from bench.seek.state import Sought, sought
from bench.seek.words import bare, rate
from bench.spec.capacity_plan import CapacityPlan

_BESIDE = (
    "What is said of storage is of the stream that is published to: what trials keep beside it, "
    "dead letters or buckets, is not in it."
)
_CLOSE = 1 + 1e-9
_TENTHS = 10


def outlook_of(figures: RunFigures, found: Sequence[Capacity], *, usable: bool) -> Outlook | None:
    """Return what the plan of a run comes to; None where it has none.

    Args:
        figures: of the run.
        found: its capacities.
        usable: the run's trials may be relied on.
    """
    planned = figures.planned
    if planned is None:
        return None
    wanted = planned.plan.variants
    each = tuple(
        _of_variant(_Case(figures, planned, search, capacity, usable))
        for search, capacity in zip(sought(figures), found, strict=True)
        if wanted is None or {*map(str, search.base.variants)} & {*wanted}
    )
    as_of = day_of(planned)
    return Outlook(
        state=_state(each),
        headline=_headline(each),
        file=planned.file,
        end=words.when(as_of, planned.plan.over_months),
        months=planned.plan.over_months,
        ticks=tuple(words.ticks(as_of, planned.plan.over_months)),
        each=each,
    )


def with_plan(found: Headline, outlook: Outlook) -> Headline:
    """Return what stands above all else where a plan was asked about: that, then the capacity."""
    below = f"{found.text}. {found.below}".strip()
    return Headline(state=outlook.state, text=capital(outlook.headline), below=below)


def day_of(planned: Planned) -> date:
    """Return which day the plan calls today."""
    return date.fromisoformat(planned.plan.as_of or planned.planned_utc[:10])


def _state(each: Sequence[VariantOutlook]) -> State:
    states = {one.state for one in each}
    if State.HOLDS in states:
        return State.HOLDS
    return State.FAILS if states == {State.FAILS} else State.DOUBTFUL


def _headline(each: Sequence[VariantOutlook]) -> str:
    if len(each) == 1:
        return each[0].sentence
    holding = [spoken(one.short) for one in each if one.state is State.HOLDS]
    if len(holding) == 1:
        (sentence,) = (one.sentence for one in each if one.state is State.HOLDS)
        return f"with {holding[0]} {sentence}"
    if holding:
        return f"the plan holds with {listed(holding)}, of {len(each)} variants"
    if _state(each) is State.FAILS:
        return f"the plan holds with none of {len(each)} variants: {_nearest(each)}"
    doubtful = [one for one in each if one.state is State.DOUBTFUL]
    why = _nearest(doubtful)
    return f"whether the plan holds with any of {len(each)} variants cannot be told: {why}"


def _nearest(each: Sequence[VariantOutlook]) -> str:
    """Say of the variant that carries most why it is not enough."""
    most = max(each, key=lambda one: one.loads.confirmed_per_s or 0.0)
    return f"with {spoken(most.short)} {most.sentence.partition(': ')[2]}"


@dataclass(frozen=True, slots=True)
class _Case:
    """A variant that a plan is held against."""

    figures: RunFigures
    planned: Planned
    search: Sought
    capacity: Capacity
    usable: bool

    @property
    def plan(self) -> CapacityPlan:
        """What is assumed."""
        return self.planned.plan

    @property
    def replicas(self) -> int:
        """Of the stream that was measured."""
        base = self.search.base
        return base.workload.kept_in(base.settings).num_replicas

    def when(self, month: float) -> str:
        """Return the month so many months after today."""
        return words.when(day_of(self.planned), month)


def _of_variant(case: _Case) -> VariantOutlook:
    measured = measured_of(case.figures, case.search)
    basis = Basis(
        plan=case.plan,
        end=case.when(case.plan.over_months),
        when=case.when,
        replicas=case.plan.replicas or case.replicas,
        confirmed_per_s=case.capacity.confirmed_per_s,
        missed_per_s=case.capacity.missed_per_s if case.capacity.over else None,
        at_least=case.capacity.ending is Ending.AT_LEAST or not case.capacity.over,
        limited=case.capacity.limited,
        measured=measured,
    )
    state, sentence = _verdict(case)
    kept = _kept(case, basis)
    return VariantOutlook(
        variant=case.capacity.variant,
        short=case.capacity.short,
        state=state,
        sentence=sentence,
        notes=tuple(_notes(case, basis, kept)),
        results=tuple(results_of(basis, lambda load: state_of(case, load))),
        given=tuple(given_of(case.planned, case.capacity, case.figures.run_id, basis)),
        loads=_loads(case),
        kept=kept,
        lasts_s=_lasts(case, basis),
    )


def _doubts(case: _Case) -> Iterator[tuple[str, frozenset[State]]]:
    """Yield why what was measured does not carry over, and which states that leaves untold."""
    if not case.capacity.over:
        yield "the search is not over", frozenset({State.HOLDS, State.FAILS})
    if not case.usable:
        yield "the trials may not be relied on", frozenset({State.HOLDS, State.FAILS})
    planned = case.plan.replicas
    if planned is not None and planned != case.replicas:
        untold = State.HOLDS if planned > case.replicas else State.FAILS
        yield (
            f"{planned} replicas are planned, and the capacity was measured with {case.replicas}",
            frozenset({untold}),
        )


def _raw_state(case: _Case, load_per_s: float) -> State:
    """Return whether a load surely leaves the headroom, by the rates alone."""
    confirmed, missed = case.capacity.confirmed_per_s, case.capacity.missed_per_s
    if confirmed is not None and load_per_s <= sums.limit_per_s(case.plan, confirmed) * _CLOSE:
        return State.HOLDS
    if missed is not None and load_per_s > sums.limit_per_s(case.plan, missed) * _CLOSE:
        return State.FAILS
    return State.DOUBTFUL


def state_of(case: _Case, load_per_s: float) -> State:
    """Return whether a load surely leaves the headroom, by all that is known."""
    state = _raw_state(case, load_per_s)
    doubted = any(state in untold for _, untold in _doubts(case))
    return State.DOUBTFUL if doubted else state


def _verdict(case: _Case) -> tuple[State, str]:
    peak = sums.worst_peak_per_s(case.plan)
    state = state_of(case, peak)
    if state is State.DOUBTFUL:
        return state, f"whether the plan holds cannot be told: {_needs(case)}{_why_untold(case)}"
    held = "holds" if state is State.HOLDS else "does not hold"
    return state, f"the plan {held}: {_needs(case)}; {_carried(case.capacity)}"


def _needs(case: _Case) -> str:
    """Say what the highest load of the plan asks of a capacity."""
    peak, plan = sums.worst_peak_per_s(case.plan), case.plan
    growing = plan.growth.per_month >= 1
    at = f"in {case.when(plan.over_months)}" if growing else "today"
    said = f"its peak of {rate(peak)} {at}"
    if plan.headroom is None:
        return f"{said} is to be carried"
    need = peak / (1 - plan.headroom)
    return f"{said} needs {bare(need)} with {words.asked_share(plan.headroom)} free"


def _carried(found: Capacity) -> str:
    """Say what is confirmed, and what is surely missed."""
    missed = found.missed_per_s
    if found.confirmed_per_s is None:
        return "no rate is confirmed" if missed is None else f"{bare(missed)} are missed already"
    missing = "" if missed is None else f", and {bare(missed)} missed"
    return f"{bare(found.confirmed_per_s)} are confirmed{missing}"


def _why_untold(case: _Case) -> str:
    doubts = [why for why, untold in _doubts(case) if _raw_state(case, _worst(case)) in untold]
    found = case.capacity
    if doubts:
        return f"; {_carried(found)}, but {listed(doubts)}"
    more = "" if found.confirmed_per_s is None else "; whether more is carried is not known"
    return f"; {_carried(found)}{more}"


def _worst(case: _Case) -> float:
    return sums.worst_peak_per_s(case.plan)


def _loads(case: _Case) -> Loads:
    plan, confirmed = case.plan, case.capacity.confirmed_per_s
    months = _months(plan)
    limit = None if confirmed is None else sums.limit_per_s(plan, confirmed)
    return Loads(
        average_per_s=tuple(map(plan.rate_per_s, months)),
        peak_per_s=tuple(map(plan.peak_per_s, months)),
        confirmed_per_s=confirmed,
        missed_per_s=case.capacity.missed_per_s,
        limit_per_s=limit if plan.headroom is not None else None,
        crossing=_crossing(case, None if limit is None else sums.months_until(plan, limit)),
    )


def _crossing(case: _Case, month: float | None) -> Crossing | None:
    if month is None or month > case.plan.over_months:
        return None
    return Crossing(month=month, when=case.when(month))


def _kept(case: _Case, basis: Basis) -> Kept | None:
    plan, stored = case.plan, basis.measured
    per_msg, on_disk = stored.stream_bytes_per_msg, basis.disk_bytes_per_msg
    if plan.retention.max_age_ns is None or per_msg is None or on_disk is None:
        return None
    kept = [sums.kept_msgs(plan, month) or 0.0 for month in _months(plan)]
    return Kept(
        stream_bytes=tuple(each * per_msg for each in kept),
        disk_bytes=tuple(each * on_disk * basis.replicas for each in kept),
        max_bytes=plan.retention.max_bytes,
        crossing=_crossing(case, sums.months_until_full(plan, per_msg)),
    )


def _lasts(case: _Case, basis: Basis) -> tuple[float, ...] | None:
    """Return how long max_bytes lasts over the months, where nothing else limits what is kept."""
    plan, per_msg = case.plan, basis.measured.stream_bytes_per_msg
    if plan.retention.max_age_ns is not None or per_msg is None:
        return None
    each = (sums.fills_after_s(plan, month, per_msg) for month in _months(plan))
    return tuple(seconds for seconds in each if seconds is not None)


def _months(plan: CapacityPlan) -> list[float]:
    return [tenth / _TENTHS for tenth in range(plan.over_months * _TENTHS + 1)]


def _notes(case: _Case, basis: Basis, kept: Kept | None) -> Iterator[str]:
    """Yield what follows for those who do not read the table."""
    yield from _used_up(case, basis)
    if kept is not None and kept.crossing is not None:
        at = "already" if kept.crossing.month == 0 else f"from {kept.crossing.when} on"
        yield f"max_bytes is full before max_age {at}: messages leave sooner, or are refused."
    base = case.search.base
    if basis.disk_bytes_per_msg is not None and base.workload.keeps_beside(base.settings):
        yield _BESIDE
    retention = base.workload.kept_in(base.settings).retention
    if retention != "limits":
        yield (
            f"With retention {retention} messages leave when they are acknowledged: what is said "
            "of storage is the most, of consumers that are away."
        )


def _used_up(case: _Case, basis: Basis) -> Iterator[str]:
    confirmed = basis.confirmed_per_s
    if confirmed is None:
        return
    month = sums.months_until(case.plan, sums.limit_per_s(case.plan, confirmed))
    what = "the headroom" if case.plan.headroom is not None else "what is confirmed"
    doubted = any(State.HOLDS in untold for _, untold in _doubts(case))
    unsure = ", if what was measured carries over" if doubted else ""
    if month is None:
        yield f"The load does not grow: {what} is not used up{unsure}."
    elif month == 0:
        yield f"At today's peak {what} is used up already."
    else:
        least = "not before" if basis.at_least else "in"
        beyond = "" if month <= case.plan.over_months else ", beyond the plan"
        yield f"At peak {what} is used up {least} {case.when(month)}{beyond}{unsure}."
