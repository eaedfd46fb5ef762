"""What a capacity plan comes to: each figure with its formula and the numbers put in."""

from collections.abc import Callable, Iterator

from bench.analysis import outlook as sums
from bench.core import text
from bench.core.marks import State
from bench.core.units import NS_PER_S, format_size
from bench.judgement.outlook import Result
from bench.judgement.plan_basis import Amount, Basis
from bench.judgement.plan_words import asked_share, per_message, size, span
from bench.seek.words import bare, rate
from bench.spec.spans import format_span

StateOf = Callable[[float], State]
"""Whether a load surely leaves the headroom."""

_S_PER_DAY = sums.S_PER_DAY
_US_PER_S = 1e6


def results_of(basis: Basis, state_of: StateOf) -> Iterator[Result]:
    """Yield every figure, in the order of reading."""
    yield from _loads(basis)
    yield _headroom(basis, state_of)
    yield from _used_up(basis)
    yield from _storage(basis)
    yield from _server(basis)
    yield from _backlog(basis)


def _loads(basis: Basis) -> Iterator[Result]:
    plan = basis.plan
    growth = f"{text.number(plan.growth.per_month, 5)} ^ {plan.over_months}"
    yield Result(
        what="Load on average",
        today=rate(plan.rate_per_s(0)),
        planned=rate(plan.rate_per_s(plan.over_months)),
        how=f"{bare(plan.rate_per_s(0))} × {growth}, growth of a month to the power of months",
    )
    yield Result(
        what="Load at peak",
        today=rate(plan.peak_per_s(0)),
        planned=rate(plan.peak_per_s(plan.over_months)),
        how=f"{bare(plan.rate_per_s(plan.over_months))} × peak factor "
        f"{text.number(plan.peak_factor)}",
    )


def _headroom(basis: Basis, state_of: StateOf) -> Result:
    plan, confirmed = basis.plan, basis.confirmed_per_s
    today, planned = plan.peak_per_s(0), plan.peak_per_s(plan.over_months)
    wanted = "" if plan.headroom is None else f"; {asked_share(plan.headroom)} wanted"
    least = "; the capacity is at least that" if basis.at_least else ""
    how = (
        "no rate is confirmed"
        if confirmed is None
        else f"1 − {bare(planned)} ÷ {bare(confirmed)}{wanted}{least}"
    )
    return Result(
        what="Headroom at peak",
        today=_free(today, basis),
        planned=_free(planned, basis),
        how=how,
        today_state=state_of(today),
        planned_state=state_of(planned),
    )


def _free(load_per_s: float, basis: Basis) -> str:
    """Write the share that is free; beyond the capacity by how much it is exceeded."""
    if basis.confirmed_per_s is None:
        return text.NA
    free = sums.headroom(load_per_s, basis.confirmed_per_s)
    least = "at least " if basis.at_least and free > 0 else ""
    if free < 0:
        return f"none: {text.percent(-free)} over"
    return f"{least}{text.percent(free)}"


def _used_up(basis: Basis) -> Iterator[Result]:
    limit, plan = basis.limit_per_s, basis.plan
    if limit is None:
        return
    month, peak = sums.months_until(plan, limit), bare(plan.peak_per_s(0))
    per_month = text.number(plan.growth.per_month, 5)
    if month is None:
        planned, how = "never", f"it does not grow, and {peak} is within {bare(limit)}"
    elif month == 0:
        planned, how = "already", f"{peak} is above {bare(limit)}"
    else:
        planned = f"{'not before ' if basis.at_least else ''}{basis.when(month)}"
        how = f"log({bare(limit)} ÷ {peak}) ÷ log({per_month}) = {text.number(month)} months"
    what = "Headroom is used up" if plan.headroom is not None else "Capacity is reached"
    yield Result(what=what, today="", planned=planned, how=how)


def _storage(basis: Basis) -> Iterator[Result]:
    on_disk, plan = basis.disk_bytes_per_msg, basis.plan
    per_msg = basis.measured.stream_bytes_per_msg
    if on_disk is None or per_msg is None:
        return
    each, times = per_message(on_disk), f" × {basis.replicas} replicas"
    times = times if basis.replicas > 1 else ""
    all_bytes, end = on_disk * basis.replicas, plan.over_months
    yield Result(
        what="Stored a day, on disk",
        today=size(plan.rate_per_s(0) * _S_PER_DAY * all_bytes),
        planned=size(plan.rate_per_s(end) * _S_PER_DAY * all_bytes),
        how=f"{bare(plan.rate_per_s(end))} × {text.count(_S_PER_DAY)} s × {each}{times}",
    )
    if (age_ns := plan.retention.max_age_ns) is not None:
        yield Result(
            what=f"Kept for {format_span(age_ns)}, on disk",
            today=size((sums.kept_msgs(plan, 0) or 0.0) * all_bytes),
            planned=size((sums.kept_msgs(plan, end) or 0.0) * all_bytes),
            how=f"messages of {format_span(age_ns)} × {each}{times}; as if max_bytes were none, "
            "and blocks that are partly empty not counted",
        )
    yield from _filled(basis, per_msg)


def _filled(basis: Basis, per_msg: float) -> Iterator[Result]:
    """Yield when max_bytes is full; where that is before max_age, it is what decides."""
    plan, end = basis.plan, basis.plan.over_months
    most, age_ns = plan.retention.max_bytes, plan.retention.max_age_ns
    today, planned = (sums.fills_after_s(plan, month, per_msg) for month in (0, end))
    if most is None or today is None or planned is None:
        return
    age_s = None if age_ns is None else age_ns / NS_PER_S
    states = [
        None if age_s is None else State.DOUBTFUL if each < age_s else State.HOLDS
        for each in (today, planned)
    ]
    yield Result(
        what=f"{format_size(most)} are full after",
        today=span(today),
        planned=span(planned),
        how=f"{format_size(most)} ÷ ({bare(plan.rate_per_s(end))} × {per_message(per_msg)} by the "
        "server's count)" + ("" if age_ns is None else f"; max_age is {format_span(age_ns)}"),
        today_state=states[0],
        planned_state=states[1],
    )


def _server(basis: Basis) -> Iterator[Result]:
    measured, confirmed = basis.measured, basis.confirmed_per_s
    if confirmed is None:
        return
    if measured.cpu_us is not None:
        cpu = measured.cpu_us.high
        yield Result(
            what="Server CPU at peak",
            today=_cores(basis.plan.peak_per_s(0) * cpu),
            planned=_cores(basis.plan.peak_per_s(basis.plan.over_months) * cpu),
            how=f"{bare(basis.plan.peak_per_s(basis.plan.over_months))} × {text.number(cpu)} µs, "
            f"in proportion from {rate(confirmed)}: below it a message mostly costs more, beyond "
            "it nobody looked",
        )
    for what, amount in (("into", measured.in_bytes), ("out of", measured.out_bytes)):
        if amount is not None:
            yield _network(basis, what, amount)
    yield from _servers(basis)


def _cores(us_per_s: float) -> str:
    return f"{text.number(us_per_s / _US_PER_S)} cores"


def _network(basis: Basis, what: str, amount: Amount) -> Result:
    today, planned = (basis.plan.peak_per_s(month) for month in (0, basis.plan.over_months))
    return Result(
        what=f"Network {what} the server at peak",
        today=f"{size(today * amount.high)}/s",
        planned=f"{size(planned * amount.high)}/s",
        how=f"{bare(planned)} × {per_message(amount.high)}, in proportion; "
        "what replicas send each other is not in it",
    )


def _servers(basis: Basis) -> Iterator[Result]:
    limit, plan = basis.limit_per_s, basis.plan
    if limit is None:
        return
    today, planned = plan.peak_per_s(0), plan.peak_per_s(plan.over_months)
    times = f", × {basis.replicas} replicas, each on a server" if basis.replicas > 1 else ""
    limited = f". What was measured is {basis.limited}: mend that first" if basis.limited else ""
    yield Result(
        what="Servers, each with clients as measured",
        today=str(sums.servers(today, limit, basis.replicas)),
        planned=str(sums.servers(planned, limit, basis.replicas)),
        how=f"{bare(planned)} ÷ {bare(limit)}, rounded up{times}; assumes that subjects are parted "
        f"evenly over streams of their own{limited}",
    )


def _backlog(basis: Basis) -> Iterator[Result]:
    plan, confirmed = basis.plan, basis.confirmed_per_s
    if plan.backlog_ns is None or confirmed is None:
        return
    for what, load_per_s in (("on average", plan.rate_per_s), ("at peak", plan.peak_per_s)):
        yield _drained(basis, confirmed, what, load_per_s)


def _drained(
    basis: Basis, confirmed: float, what: str, load_per_s: Callable[[float], float]
) -> Result:
    assert basis.plan.backlog_ns is not None  # noqa: S101 - whoever calls looked
    away, end = basis.plan.backlog_ns / NS_PER_S, basis.plan.over_months
    (today, today_state), (planned, planned_state) = (
        _drain(basis, confirmed, load_per_s(month), basis.plan.rate_per_s(month) * away)
        for month in (0, end)
    )
    load = bare(load_per_s(end))
    msgs = text.count(round(basis.plan.rate_per_s(end) * away))
    return Result(
        what=f"Backlog of {format_span(basis.plan.backlog_ns)} is drained beside the load {what}",
        today=today,
        planned=planned,
        how=f"{msgs} messages ÷ ({bare(confirmed)} − {load})",
        today_state=today_state,
        planned_state=planned_state,
    )


def _drain(
    basis: Basis, confirmed: float, load_per_s: float, msgs: float
) -> tuple[str, State | None]:
    taken = sums.drained_after_s(confirmed, load_per_s, msgs)
    if taken is not None:
        return f"{'at most ' if basis.at_least else ''}{span(taken)}", None
    if basis.missed_per_s is not None and load_per_s >= basis.missed_per_s:
        return "never", State.FAILS
    return "not surely ever", State.DOUBTFUL
