"""What a capacity plan rests on: what was measured, of which trials, and what is assumed."""

from collections.abc import Callable, Iterator

from bench.core import text
from bench.core.units import format_size
from bench.judgement.kinds import Capacity
from bench.judgement.outlook import Given, Known
from bench.judgement.plan_basis import Amount, Basis, Measured
from bench.judgement.plan_words import asked_share, per_message, size
from bench.record.planned import Planned
from bench.record.storage import Stored
from bench.seek.words import rate
from bench.spec.spans import format_months, format_span


def given_of(planned: Planned, found: Capacity, run_id: str, basis: Basis) -> Iterator[Given]:
    """Yield what the results rest on, what was measured first."""
    yield from _capacity(found, run_id, basis.measured)
    yield from _storage(basis)
    yield from _server(found, basis.measured)
    yield from _assumed(planned, basis)


def _capacity(found: Capacity, run_id: str, measured: Measured) -> Iterator[Given]:
    confirmed = found.confirmed_per_s
    if confirmed is None:
        yield Given(what="Capacity", figure=text.NA, known=Known.UNTOLD, source=found.holds)
    else:
        yield Given(
            what="Capacity",
            figure=rate(confirmed),
            known=Known.MEASURED,
            source=f"{text.plural(measured.soaks, 'soak')} of run {run_id} met every goal by their "
            f"upper bound: {found.holds}",
        )
    if found.missed_per_s is not None:
        source = f"the lowest rate above it that surely misses. {found.breaks}"
        yield Given(
            what="Missed at",
            figure=rate(found.missed_per_s),
            known=Known.MEASURED,
            source=source.strip(),
        )


def _storage(basis: Basis) -> Iterator[Given]:
    measured = basis.measured
    if measured.plain is None:
        why = measured.unstored or (
            "nothing was laid: `jetbench capacity --resume RUN --plan PLAN` does, on a server of "
            "its own"
        )
        yield Given(what="Bytes of a message", figure=text.NA, known=Known.UNTOLD, source=why)
        return
    plain = measured.plain
    laid = f"{text.count(plain.messages)} messages of {_mean(plain)} laid into a file stream"
    yield Given(
        what="Bytes of a message in the stream",
        figure=per_message(plain.stream_bytes_per_msg),
        known=Known.MEASURED,
        source=f"{laid}: {size(plain.stream_bytes)} by the server's count, subject and headers "
        "included; max_bytes goes by it",
    )
    yield Given(
        what="On disk, one replica",
        figure=per_message(plain.disk_bytes_per_msg),
        known=Known.MEASURED,
        source=f"length of the store's files without compression{_chosen(basis, 'none')}",
    )
    if measured.s2 is not None:
        yield _compressed(basis, measured.s2)
    if basis.replicas > 1 and basis.disk_bytes_per_msg is not None:
        yield Given(
            what=f"On disk, {basis.replicas} replicas",
            figure=per_message(basis.disk_bytes_per_msg * basis.replicas),
            known=Known.COMPUTED,
            source=f"{basis.replicas} × {per_message(basis.disk_bytes_per_msg)}: no cluster was "
            "measured; the logs of Raft come on top",
        )


def _compressed(basis: Basis, stored: Stored) -> Given:
    full = stored.closed_bytes > 0
    seen = (
        f"{size(stored.disk_bytes)} of files for {size(stored.closed_bytes)} by the server's "
        "count, full blocks alone; contents are made up and hardly compress, yours may well"
    )
    unseen = "no block was full when it was looked, and before nothing is compressed: as without"
    return Given(
        what="On disk, one replica, s2",
        figure=per_message(stored.disk_bytes_per_msg),
        known=Known.MEASURED if full else Known.ASSUMED,
        source=f"{seen if full else unseen}{_chosen(basis, 's2')}",
    )


def _chosen(basis: Basis, compression: str) -> str:
    return "; as this variant has it" if basis.measured.compression == compression else ""


def _mean(stored: Stored) -> str:
    return per_message(stored.payload_bytes / stored.messages)


def _server(found: Capacity, measured: Measured) -> Iterator[Given]:
    at = f"at {rate(found.confirmed_per_s)}" if found.confirmed_per_s is not None else ""
    each: tuple[tuple[str, Amount | None, Callable[[float], str]], ...] = (
        ("Server CPU of a message", measured.cpu_us, lambda amount: f"{text.number(amount)} µs"),
        ("Network into the server, of a message", measured.in_bytes, per_message),
        ("Network out of the server, of a message", measured.out_bytes, per_message),
    )
    for what, amount, written in each:
        if amount is None:
            why = "no rate is confirmed" if not at else "the server's process could not be read"
            yield Given(what=what, figure=text.NA, known=Known.UNTOLD, source=why)
            continue
        source = f"{text.plural(measured.soaks, 'soak')} {at}; 90 % interval up to "
        yield Given(
            what=what,
            figure=written(amount.value),
            known=Known.MEASURED,
            source=f"{source}{written(amount.high)}, which is what is reckoned with",
        )


def _assumed(planned: Planned, basis: Basis) -> Iterator[Given]:
    """Yield the plan's own figures, by its keys."""
    plan, retention = planned.plan, planned.plan.retention
    keep = {
        "retention.max_age": retention.max_age_ns and format_span(retention.max_age_ns),
        "retention.max_bytes": retention.max_bytes and format_size(retention.max_bytes),
    }
    figures: dict[str, str | None] = {
        "today": f"{rate(plan.today_per_s)} on average, as of {plan.as_of}",
        "growth": str(plan.growth),
        "over": format_months(plan.over_months),
        "peak_factor": text.number(plan.peak_factor),
        **{key: value or None for key, value in keep.items()},
        "replicas": str(basis.replicas),
        "headroom": None if plan.headroom is None else asked_share(plan.headroom),
        "backlog": None if plan.backlog_ns is None else format_span(plan.backlog_ns),
    }
    for key, figure in figures.items():
        if figure is not None:
            as_measured = key == "replicas" and plan.replicas is None
            source = "as the measured variant has it" if as_measured else f"{key} in {planned.file}"
            yield Given(what=_NAMES[key], figure=figure, known=Known.ASSUMED, source=source)


_NAMES = {
    "today": "Load today",
    "growth": "Growth",
    "over": "Time that is planned",
    "peak_factor": "Peak, times the average",
    "retention.max_age": "Kept for",
    "retention.max_bytes": "Kept at most",
    "replicas": "Replicas",
    "headroom": "To stay free at peak",
    "backlog": "Consumers away for",
}
