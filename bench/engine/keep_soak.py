"""From what a soak left behind to what is kept of it: most of it was folded as it went."""

from collections.abc import Mapping
from dataclasses import replace

from bench.core.errors import MeasurementError
from bench.engine import checks, resources
from bench.engine.findings import invalid
from bench.engine.folding import End, Folded
from bench.engine.keep import (
    Frame,
    Kept,
    accounted,
    counted_by,
    drain_ns,
    expected_stalls,
    keep_failed,
    record_of,
    stalls_of,
)
from bench.engine.losses import UNKNOWN
from bench.engine.trial import Outcome
from bench.engine.unseen import unseen_findings
from bench.record import samples
from bench.record.schema import Window
from bench.stats.histogram import Histogram, merged


def keep_soak(frame: Frame, outcome: Outcome) -> Kept:
    """Return the records of a soak, whole or broken off.

    One that could not be folded to its end is told as one of which nothing is known.
    """
    assert outcome.soak is not None  # noqa: S101 - whoever calls has looked
    try:
        folded = outcome.soak.result(lambda: _end(frame, outcome))
    except MeasurementError as error:
        lost = invalid("broken-off", str(error))
        return keep_failed(frame, [*dict.fromkeys([*outcome.findings, lost])])
    return _kept(frame, outcome, folded)


def _kept(frame: Frame, outcome: Outcome, folded: Folded) -> Kept:
    cast, window = frame.cast, outcome.window
    (driving,), (observing,) = cast.driving, cast.observing
    sampled = samples.table([*outcome.rows, *folded.rows])
    findings = [
        *outcome.findings,
        *checks.times_findings(folded.negatives, folded.overflows),
        *accounted(folded.ledger, {driving.name: _again(frame, outcome)}, cast),
    ]
    if outcome.completed and checks.stream_untold(folded.ledger, cast):
        findings.append(checks.stream_unknown())
    record = record_of(frame, outcome, findings)
    if window is not None:
        processes = resources.usages(sampled, window)
        host = resources.host_load(sampled, window)
        load = checks.Load(
            window=window,
            counts=folded.window_counts,
            processes=processes,
            host=host,
            window_full_msgs={role: each.window_full_msgs for role, each in outcome.done.items()},
            awaited_ns={role: each.awaited_ns for role, each in outcome.done.items()},
            offers=frame.offers,
            stalls=stalls_of(outcome),
        )
        findings += checks.soak_findings({driving.name: _slips(folded, window)}, load, cast)
        findings += expected_stalls(outcome)
        findings += unseen_findings(sampled, window, processes, outcome.done)
        if outcome.completed and not outcome.drained:
            findings.append(checks.not_drained(folded.ledger, cast, drain_ns(window)))
        record = replace(record, window_counts=folded.window_counts, processes=processes, host=host)
    record = replace(
        record,
        findings=tuple(findings),
        slices=folded.slices,
        ledger=folded.ledger,
        attempts={observing.name: folded.attempts},
        peaks=folded.peaks,
        oldest_ns=folded.oldest_ns,
        negative_times=folded.negatives,
        overflows=folded.overflows,
    )
    return Kept(record=record, intervals=folded.intervals, samples=sampled)


def _end(frame: Frame, outcome: Outcome) -> End:
    """Return what is known when all is over."""
    (observing,), window = frame.cast.observing, outcome.window
    assert outcome.soak is not None  # noqa: S101 - as above
    until_ns = outcome.soak.offered_ns if window is None else window.drained_ns
    return End(
        until_ns=until_ns,
        window=window,
        backlog=outcome.backlogs[observing.name],
        given_up=outcome.given_up.get(observing.name, UNKNOWN),
        again=_again(frame, outcome),
        own=_own(frame, outcome),
    )


def _again(frame: Frame, outcome: Outcome) -> int:
    roles = [role for offer in frame.offers.values() for role in offer.roles]
    return sum(outcome.done[role].again for role in roles if role in outcome.done)


def _own(frame: Frame, outcome: Outcome) -> Mapping[str, Mapping[str, int]]:
    """Return what processes counted by themselves; nothing where one had no last word."""
    lived = all(job.role in outcome.done for job in outcome.jobs)
    if not lived:
        return {}
    return {part.name: counted_by(outcome, part) for part in frame.cast.observing}


def _slips(folded: Folded, window: Window) -> Histogram:
    """Return by how much the messages of the window were late."""
    return merged(
        each.histogram
        for each in folded.intervals
        if each.time == "slip" and window.window_start_ns <= each.start_ns < window.window_end_ns
    )
