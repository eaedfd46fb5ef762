"""What the last words of workers come to: their complaints as findings."""

from collections.abc import Sequence

from bench.clients.faults import SILENCES, is_forbidden
from bench.engine.findings import invalid, warning
from bench.engine.jobs import Done
from bench.record.schema import Finding, Level


def done_findings(role: str, done: Done) -> Sequence[Finding]:
    """Return what a worker complains of."""
    findings = [*gap_findings(role, done.gaps)]
    silent = [fault for fault in done.faults if fault.startswith(SILENCES)]
    forbidden = [fault for fault in done.faults if is_forbidden(fault)]
    broken = [fault for fault in done.faults if fault not in (*silent, *forbidden)]
    if forbidden:
        text = f"{role}: the server does not allow it: {'; '.join(forbidden)}"
        findings.append(invalid("forbidden", text, role))
    if broken:
        text = f"{role}: {'; '.join(broken)}"
        findings.append(invalid("connection-fault", text, role))
    if silent:
        text = f"{role}: {'; '.join(silent)}"
        findings.append(invalid("server-silent", text, role))
    if done.refusals:
        text = f"{role}: answers that refuse: {'; '.join(done.refusals)}"
        findings.append(warning("publish-refused", text, role))
    if done.window_full_msgs:
        text = (
            f"{role}: {done.window_full_msgs} messages were due while its window was full; "
            "they waited, and the wait is in their slip"
        )
        findings.append(Finding(level=Level.NOTE, code="window-full", text=text, role=role))
    return findings


def gap_findings(who: str, gaps: Sequence[str]) -> Sequence[Finding]:
    """Return what questions somebody had no answer to."""
    if not gaps:
        return ()
    text = f"{who}: {'; '.join(gaps)}. The load went on, and lag is told by its own instants"
    return (warning("questions-unanswered", text, who),)
