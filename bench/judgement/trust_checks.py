"""What the trials' records say about load, host and bookkeeping: checks of the trust panel.

No check looks at whether a figure is good, and every threshold is fixed beforehand
(MEASUREMENT.md R12).
"""

from collections.abc import Iterator, Mapping, Sequence

from bench.analysis.figures import TrialFigures
from bench.core import text
from bench.core.marks import State
from bench.core.units import NS_PER_MS, human_duration
from bench.judgement import host_checks
from bench.judgement.check import Check, Limit, of_values, value_range
from bench.record.schema import AckCheck, Level
from bench.spec.cast import Side

WAITING_SHARE = 0.15
"""No trial is refused for it: on a host of few cores the processes share by design.

To wake an idle virtual core takes some 25 µs, which the kernel counts as waiting: at the 4000 ticks
a second of a busy publisher that is a tenth already.
"""

ACKS_APART_NS = NS_PER_MS
"""Likewise: the way there and back takes far less, unless both wait for a core."""

_WAITING_MEANS = {
    Side.DRIVES: "Ready, and no core was free: messages leave late, which is part of their times.",
    Side.OBSERVES: "Ready, and no core was free: what arrives is noticed late.",
}


def of_trials(found: Sequence[TrialFigures]) -> tuple[Check, ...]:
    """Return every check of trials with a window, in the order in which a doubt would matter."""
    return (
        _load(found),
        _slip(found),
        *(_waiting(found, role, side) for role, side in _roles(found).items()),
        *host_checks.of_host(found),
        _steadiness(found),
        *_ack_times(found),
        _bookkeeping(found),
        *_histories(found),
        *_pasts(found),
    )


def _load(found: Sequence[TrialFigures]) -> Check:
    return _of_findings(
        found,
        name="Load generator",
        codes=(
            "generator-saturated",
            "offered-rate-missed",
            "window-too-small",
            "unanswered",
            "loop-stalled",
            "handlers-saturated",
        ),
        threshold=(
            "99 % of the load sent, or held back by the server; no client at a core's limit, no "
            "stall over 100 ms"
        ),
        meaning="Else the figures are those of the load generator, not of the server.",
    )


def _bookkeeping(found: Sequence[TrialFigures]) -> Check:
    return _of_findings(
        found,
        name="Bookkeeping",
        codes=(
            "counts-disagree",
            "littles-law",
            "negative-time",
            "foreign-message",
            "stream-disagrees",
            "foreign-hand",
        ),
        threshold="no contradiction",
        meaning=(
            "The clients' instants, the server's counts and the times of messages come by three "
            "roads: the server's lag must be what the instants allow, and rate × stay (Little)."
        ),
    )


def _histories(found: Sequence[TrialFigures]) -> Iterator[Check]:
    """Yield how many trials began with what was laid once for several; nothing where none did."""
    if having := _having(found, ("laid-once",)):
        yield Check(
            name="History",
            state=State.HOLDS,
            found=f"laid once per block for {len(having)} of {text.plural(len(found), 'trial')}; "
            "each began with a copy",
            threshold="a copy holds all that was laid, and nothing else; else it is laid anew",
            meaning="What cells vary touches no stream: in a block they begin with the same store.",
        )


def _pasts(found: Sequence[TrialFigures]) -> Iterator[Check]:
    """Yield on what stores trials began that were given a past; nothing where none was."""
    having = _having(found, ("aged-store",))
    if not having:
        return
    told = {f.text: None for t in having for f in t.record.findings if f.code == "aged-store"}
    shown = "; ".join(list(told)[:_MOST_PASTS])
    more = f"; and {len(told) - _MOST_PASTS} more" if len(told) > _MOST_PASTS else ""
    yield Check(
        name="Aged stores",
        state=State.HOLDS,
        found=f"{len(having)} of {text.plural(len(found), 'trial')}: {shown}{more}",
        threshold="sequences, messages, subjects and consumers are there; else it is laid anew",
        meaning="A trial's own messages come after the past, and nothing of the past is counted.",
    )


_MOST_PASTS = 4


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
    return [t for t in found if any(f.code in codes and f.counts for f in t.record.findings)]


def _of_findings(
    found: Sequence[TrialFigures], *, name: str, codes: Sequence[str], threshold: str, meaning: str
) -> Check:
    """Return a check that holds where no trial has a finding of these codes."""
    having = _having(found, codes)
    counting = [f for t in having for f in t.record.findings if f.code in codes and f.counts]
    levels = {f.level for f in counting}
    state = State.DOUBTFUL if having else State.HOLDS if found else State.UNKNOWN
    seen = sorted({f.code for f in counting})
    total = text.plural(len(found), "trial")
    told = f"{text.listed(seen)} in {len(having)} of {total}" if having else f"nothing in {total}"
    return Check(
        name=name,
        state=State.FAILS if Level.INVALID in levels else state,
        found=told,
        threshold=threshold,
        meaning=meaning,
        grave=True,
    )


def _slip(found: Sequence[TrialFigures]) -> Check:
    told = [
        t.times[name].percentiles_ns.get(99.0)
        for t in found
        for name in t.record.cast.slips
        if name in t.times
    ]
    slips = [float(slip) for slip in told if slip is not None]
    late = len(_having(found, ("late-sends",)))
    return Check(
        name="Slip p99",
        state=State.DOUBTFUL if late else State.HOLDS if slips else State.UNKNOWN,
        found=value_range(slips, _duration) + (f"; late in {late}" if late else ""),
        threshold="at most 1 ms beyond the tick of who sends (0.25 ms, paced frugally 1 ms)",
        meaning=(
            "How late messages left. It is part of every time from the intended instant: host "
            "busy, or the in-flight window full."
        ),
    )


def _roles(found: Sequence[TrialFigures]) -> Mapping[str, Side]:
    return {role: side for trial in found for role, side in trial.record.cast.roles.items()}


def _waiting(found: Sequence[TrialFigures], role: str, side: Side) -> Check:
    shares = [
        [p.wait_share for p in trial.record.processes if p.role.split("-")[0] == role]
        for trial in found
    ]
    limit = Limit(
        name=f"{role.capitalize()}s waiting for a core",
        at_most=WAITING_SHARE,
        written=text.percent,
        beyond=State.DOUBTFUL,
        meaning=_WAITING_MEANS[side],
    )
    return of_values(
        [max(of_trial) for of_trial in shares if of_trial and min(of_trial) >= 0], limit
    )


def _ack_times(found: Sequence[TrialFigures]) -> Iterator[Check]:
    """Yield whether they agree, where a server could tell: it holds for those who acknowledge."""
    if found and not any(t.record.cast.counting("backlog") for t in found):
        return
    checks = [t.record.ack_check for t in found if t.record.ack_check is not None]
    apart = [float(check.difference_ns_p50) for check in checks]
    agree = all(0 <= difference <= ACKS_APART_NS for difference in apart)
    yield Check(
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
        return value_range(apart, _duration)
    below = sum(check.below_zero for check in checks)
    messages = sum(check.messages for check in checks)
    return (
        f"median {value_range(apart, _duration)}; {text.count(below)} of "
        f"{text.plural(messages, 'sampled message')} below 0"
    )


def _duration(ns: float) -> str:
    written = human_duration(round(abs(ns)))
    return f"{text.MINUS}{written}" if ns < 0 else written
