"""What the last words of processes come to: findings, but for what was to be expected."""

from collections.abc import Iterator, Sequence

from bench.clients.faults import SILENCES, is_forbidden
from bench.core.noted import instants_of
from bench.core.units import NS_PER_MS
from bench.engine.findings import invalid, warning
from bench.engine.forgiving import NOTHING, Forgiving, forgiven
from bench.engine.hands import hand_findings, unheard_findings
from bench.engine.jobs import Done
from bench.record.schema import Disturbed, Finding, Level

CLOCK_STEP_NS = 50 * NS_PER_MS
"""A wall clock that moves this far against the monotonic one within a trial was set by someone."""


def done_findings(role: str, done: Done, forgiving: Forgiving = NOTHING) -> Sequence[Finding]:
    """Return what a worker complains of."""
    findings = [*gap_findings(role, done.gaps, forgiving), *hand_findings(done.hands)]
    findings += unheard_findings(done.unheard)
    silent = [fault for fault in done.faults if fault.startswith(SILENCES)]
    forbidden = [fault for fault in done.faults if is_forbidden(fault)]
    broken = [fault for fault in done.faults if fault not in (*silent, *forbidden)]
    if forbidden:
        text = f"{role}: the server does not allow it: {'; '.join(forbidden)}"
        findings.append(invalid("forbidden", text, role))
    since_ns = forgiving.start_ns
    for words, at_ns, cause in _by_cause("connection-fault", role, broken, forgiving, since_ns):
        found = invalid("connection-fault", f"{role}: {words}", role, at_ns)
        findings.append(forgiven(found, cause))
    for words, at_ns, cause in _by_cause("server-silent", role, silent, forgiving, since_ns):
        found = invalid("server-silent", f"{role}: {words}", role, at_ns)
        findings.append(forgiven(found, cause))
    if done.refusals:
        text = f"{role}: answers that refuse: {'; '.join(done.refusals)}"
        findings.append(warning("publish-refused", text, role))
    if done.raised:
        text = f"{role}: handlers that raised: {'; '.join(done.raised)}"
        findings.append(warning("handler-raised", text, role))
    if done.window_full_msgs:
        text = (
            f"{role}: {done.window_full_msgs} messages were due while its window was full; "
            "they waited, and the wait is in their slip"
        )
        findings.append(Finding(level=Level.NOTE, code="window-full", text=text, role=role))
    return findings


def gap_findings(
    who: str, gaps: Sequence[str], forgiving: Forgiving = NOTHING
) -> Iterator[Finding]:
    """Yield that the server did not answer questions; gaps know when, from the trial's start."""
    for words, at_ns, cause in _by_cause("questions-unanswered", who, gaps, forgiving, 0):
        text = f"{who}: {words}. The load went on, and lag is told by its own instants"
        yield forgiven(warning("questions-unanswered", text, who, at_ns), cause)


def clock_findings(step_ns: int) -> Sequence[Finding]:
    """Return that the wall clock was set, if it moved so far against the monotonic one."""
    if abs(step_ns) < CLOCK_STEP_NS:
        return ()
    text = f"the wall clock moved by {step_ns / NS_PER_MS:.0f} ms against the monotonic clock"
    return (invalid("clock-step", text),)


def _by_cause(
    code: str, role: str, words: Sequence[str], forgiving: Forgiving, since_ns: int
) -> Iterator[tuple[str, int, Disturbed | None]]:
    """Yield what is said by its cause: first what counts, then what was to be expected of each.

    Args:
        code: of the findings that it comes to.
        role: whom they befell.
        words: that know when (`bench.core.noted`), on some clock.
        forgiving: what is to be expected.
        since_ns: the trial's start on that clock.

    Yields:
        The words, when they were true first, from the trial's start (-1 where nobody knows), and
        the disturbance.
    """
    causes: dict[int, list[tuple[str, int]]] = {}
    by_planned = {each.planned_ns: each for each in forgiving.done}
    for each in words:
        known = instants_of(each)
        at_ns = None if known is None else tuple(one - since_ns for one in known)
        cause = forgiving.by(code, role, at_ns)
        first_ns = max(0, at_ns[0]) if at_ns else -1
        causes.setdefault(-1 if cause is None else cause.planned_ns, []).append((each, first_ns))
    for key in sorted(causes):
        said, firsts_ns = zip(*causes[key], strict=True)
        yield "; ".join(said), min(firsts_ns), by_planned.get(key)
