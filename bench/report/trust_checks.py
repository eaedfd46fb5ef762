"""What the trials' records say about load, host and bookkeeping: checks of the trust panel.

No check looks at whether a figure is good, and every threshold is fixed beforehand
(MEASUREMENT.md R12).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bench.analysis.figures import TrialFigures
from bench.core.units import NS_PER_MS, human_duration
from bench.record.schema import AckCheck, Level, Time
from bench.report import text

STOLEN_SHARE = 0.05
THROTTLED_SHARE = 0.01
"""These two are those of the findings cpu-steal and cpu-throttled."""

WAITING_SHARE = 0.10
"""No trial is refused for it: on a host of few cores the processes share by design."""

OTHERS_SHARE = 0.05
"""Of all cores: an idle system and jetbench's own display take less."""

ACKS_APART_NS = NS_PER_MS
"""Likewise: the way there and back takes far less, unless both wait for a core."""

_WAITING_MEANS = {
    "publisher": "Ready, and no core was free: messages leave late, which is part of their times.",
    "consumer": "Ready, and no core was free: what arrives is noticed late.",
    "server": "Likewise, added up over its threads: the server competes with its own load.",
}


class State(StrEnum):
    """What a check found."""

    HOLDS = "holds"
    DOUBTFUL = "doubtful"
    FAILS = "fails"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One reason to believe the run, or not to.

    Attributes:
        name: of the check.
        state: what came of it.
        found: the figures that say so.
        threshold: what it is held against.
        meaning: what follows where it does not hold.
    """

    name: str
    state: State
    found: str
    threshold: str
    meaning: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Limit:
    """What one value of each trial is held against.

    Attributes:
        name: of the check.
        at_most: largest value that holds.
        written: writes a value with its unit.
        beyond: what a value above it makes of the check.
        meaning: what follows where it does not hold.
    """

    name: str
    at_most: float
    written: Callable[[float], str]
    beyond: State
    meaning: str


def of_trials(found: Sequence[TrialFigures]) -> tuple[Check, ...]:
    """Return every check of trials with a window, in the order in which a doubt would matter."""
    return (
        _load(found),
        _slip(found),
        *(_waiting(found, kind) for kind in ("publisher", "consumer", "server")),
        _others(found),
        _kept_from_us(found, "Steal", "steal_share", STOLEN_SHARE),
        _kept_from_us(found, "Throttling", "throttled_share", THROTTLED_SHARE),
        _steadiness(found),
        _ack_times(found),
        _bookkeeping(found),
    )


def _load(found: Sequence[TrialFigures]) -> Check:
    return _of_findings(
        found,
        name="Load generator",
        codes=("generator-saturated", "offered-rate-missed", "loop-stalled"),
        threshold="99 % of the load sent, no client at a core's limit, no stall over 100 ms",
        meaning="Else the figures are those of the load generator, not of the server.",
    )


def _bookkeeping(found: Sequence[TrialFigures]) -> Check:
    return _of_findings(
        found,
        name="Bookkeeping",
        codes=("counts-disagree", "littles-law", "negative-time", "foreign-message"),
        threshold="no contradiction",
        meaning=(
            "Counts of the clients, the server's lag and the times of messages come by three "
            "roads: stored − acked must be the change of the lag, and lag = rate × stay (Little)."
        ),
    )


def _steadiness(found: Sequence[TrialFigures]) -> Check:
    unknown = _having(found, ("steadiness-unknown",))
    check = _of_findings(
        found,
        name="Steadiness",
        codes=("not-steady",),
        threshold="no trend of a rate or a p50 of more than 10 % over the window",
        meaning="A trial that had not settled shows its warm-up; a longer one is the remedy.",
    )
    if check.state is State.HOLDS and unknown:
        told = f"unknown in {len(unknown)} of {text.plural(len(found), 'trial')}: window too short"
        state = State.UNKNOWN if len(unknown) == len(found) else State.DOUBTFUL
        return Check(
            name=check.name,
            state=state,
            found=told,
            threshold=check.threshold,
            meaning=check.meaning,
        )
    return check


def _having(found: Sequence[TrialFigures], codes: Sequence[str]) -> list[TrialFigures]:
    return [t for t in found if any(f.code in codes for f in t.record.findings)]


def _of_findings(
    found: Sequence[TrialFigures], *, name: str, codes: Sequence[str], threshold: str, meaning: str
) -> Check:
    """Return a check that holds where no trial has a finding of these codes."""
    having = _having(found, codes)
    levels = {f.level for t in having for f in t.record.findings if f.code in codes}
    state = State.DOUBTFUL if having else State.HOLDS if found else State.UNKNOWN
    seen = sorted({f.code for t in having for f in t.record.findings if f.code in codes})
    total = text.plural(len(found), "trial")
    told = f"{text.listed(seen)} in {len(having)} of {total}" if having else f"nothing in {total}"
    return Check(
        name=name,
        state=State.FAILS if Level.INVALID in levels else state,
        found=told,
        threshold=threshold,
        meaning=meaning,
    )


def _slip(found: Sequence[TrialFigures]) -> Check:
    told = [t.times[Time.SLIP].percentiles_ns.get(99.0) for t in found if Time.SLIP in t.times]
    slips = [float(slip) for slip in told if slip is not None]
    late = len(_having(found, ("late-sends",)))
    return Check(
        name="Slip p99",
        state=State.DOUBTFUL if late else State.HOLDS if slips else State.UNKNOWN,
        found=_range(slips, _duration) + (f"; late in {late}" if late else ""),
        threshold="at most 1 ms beyond the publishers' tick (0.25 ms, paced frugally 1 ms)",
        meaning=(
            "How late messages left. It is part of every time from the intended instant: host "
            "busy, or the in-flight window full."
        ),
    )


def _waiting(found: Sequence[TrialFigures], kind: str) -> Check:
    shares = [
        [p.wait_share for p in trial.record.processes if p.role.split("-")[0] == kind]
        for trial in found
    ]
    who = "Server" if kind == "server" else f"{kind.capitalize()}s"
    limit = _Limit(
        name=f"{who} waiting for a core",
        at_most=WAITING_SHARE,
        written=text.percent,
        beyond=State.DOUBTFUL,
        meaning=_WAITING_MEANS[kind],
    )
    return _of_values(
        [max(of_trial) for of_trial in shares if of_trial and min(of_trial) >= 0], limit
    )


def _kept_from_us(found: Sequence[TrialFigures], name: str, key: str, at_most: float) -> Check:
    hosts = [trial.record.host for trial in found if trial.record.host is not None]
    shares = [float(getattr(host, key)) for host in hosts]
    who = "The hypervisor gave our cores" if key == "steal_share" else "Our CPU quota gave our time"
    limit = _Limit(
        name=name,
        at_most=at_most,
        written=text.percent,
        beyond=State.FAILS,
        meaning=f"{who} to others; trials above the limit are invalid.",
    )
    return _of_values([share for share in shares if share >= 0], limit)


def _others(found: Sequence[TrialFigures]) -> Check:
    hosts = [trial.record.host for trial in found if trial.record.host is not None]
    limit = _Limit(
        name="Other processes",
        at_most=OTHERS_SHARE,
        written=text.percent,
        beyond=State.DOUBTFUL,
        meaning=(
            "Cores that something else used meanwhile. A server that jetbench did not start is "
            "among it where it runs on this host."
        ),
    )
    return _of_values([host.others_share for host in hosts if host.others_share >= 0], limit)


def _of_values(values: Sequence[float], limit: _Limit) -> Check:
    """Return a check of one value a trial against a limit; unknown without values."""
    above = sum(value > limit.at_most for value in values)
    return Check(
        name=limit.name,
        state=State.UNKNOWN if not values else limit.beyond if above else State.HOLDS,
        found=_range(values, limit.written) + (f"; above in {above}" if above else ""),
        threshold=f"at most {limit.written(limit.at_most)} in every trial",
        meaning=limit.meaning,
    )


def _range(values: Sequence[float], written: Callable[[float], str]) -> str:
    if not values:
        return "not recorded"
    low, high = written(min(values)), written(max(values))
    over = f"over {text.plural(len(values), 'trial')}"
    return f"{low} {over}" if low == high else f"{low} to {high} {over}"


def _ack_times(found: Sequence[TrialFigures]) -> Check:
    checks = [t.record.ack_check for t in found if t.record.ack_check is not None]
    apart = [float(check.difference_ns_p50) for check in checks]
    agree = all(0 <= difference <= ACKS_APART_NS for difference in apart)
    return Check(
        name="Ack times, the server's less ours",
        state=State.UNKNOWN if not checks else State.HOLDS if agree else State.DOUBTFUL,
        found=_ack_words(checks, apart),
        threshold=f"median from 0 to {_duration(ACKS_APART_NS)} in every trial",
        meaning=(
            "Two measures of one thing: the server's is ours plus the way there and back. One "
            "below 0 speaks against one of the two."
        ),
    )


def _ack_words(checks: Sequence[AckCheck], apart: Sequence[float]) -> str:
    if not checks:
        return _range(apart, _duration)
    below = sum(check.below_zero for check in checks)
    messages = sum(check.messages for check in checks)
    return (
        f"median {_range(apart, _duration)}; {text.count(below)} of "
        f"{text.plural(messages, 'sampled message')} below 0"
    )


def _duration(ns: float) -> str:
    written = human_duration(round(abs(ns)))
    return f"{text.MINUS}{written}" if ns < 0 else written
