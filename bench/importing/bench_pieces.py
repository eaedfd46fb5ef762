"""What lines of `nats bench` have in common, in our words."""

import re
from dataclasses import dataclass
from typing import Any

from bench.core.units import NS_PER_S, format_duration, format_rate, format_size
from bench.importing.bench_line import Line
from bench.importing.sizing import MAX_PROCESSES, WARMUP_NS, Timing, fitting, held
from bench.spec.jetstream import SERVER_MAX_PAYLOAD_BYTES
from bench.spec.workload import MAX_PAYLOAD_BYTES, MAX_SUBJECTS, MIN_PAYLOAD_BYTES

MSGS = 100_000
PAYLOAD_BYTES = 128
"""What `nats bench` takes without a word."""

SUBJECTS = 100_000
MAX_WINDOW_MSGS = 65_536
_TOKENS = re.compile(r"[A-Za-z0-9_-]{1,64}(\.[A-Za-z0-9_-]{1,64})*")
MAX_SUBJECT_CHARS = 200

FAST = "speed"
"""What a line says by saying nothing: as fast as it goes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One side of a line.

    Attributes:
        clients: how many take part.
        clients_flag: that says so.
        sleep_flag: that spaces what one client does.
    """

    clients: int
    clients_flag: str
    sleep_flag: str

    def processes(self, line: Line) -> int:
        """Return how many processes of ours stand for its clients."""
        if self.clients > MAX_PROCESSES:
            line.lose(self.clients_flag, f"{MAX_PROCESSES} processes do their work here")
        return held(self.clients)


ONE = Side(clients=1, clients_flag="", sleep_flag="")
"""A side that a line says nothing of."""


def timing(line: Line, side: Side, fast_msgs_per_s: float) -> Timing:
    """Return what is offered, and for how long: fewer messages where a trial holds no more."""
    rate = _rate(line, side, fast_msgs_per_s)
    msgs, duration_ns = line.take("msgs", MSGS), line.take("duration", 0)
    asked_ns = duration_ns or round(msgs / rate * NS_PER_S)
    fits = fitting(rate, WARMUP_NS, asked_ns)
    if fits.rate_msgs_per_s != rate:
        why = f"{format_rate(rate)} do not fit into a trial: {fits.rate}"
        line.losses.note(FAST, "", why)
    if fits.measure_ns != asked_ns:
        why = f"the window lasts {fits.phases['measure']} at {fits.rate}"
        line.lose("duration" if duration_ns else "msgs", why)
    return fits


def _rate(line: Line, side: Side, fast_msgs_per_s: float) -> float:
    throughput, sleep_ns = line.take("throughput", 0), line.take(side.sleep_flag, 0)
    bounds = [float(throughput)] if throughput else []
    if sleep_ns:
        bounds.append(side.clients * NS_PER_S / sleep_ns)
        why = f"sleeps after each; here {format_rate(min(bounds))} are offered in all"
        line.lose(side.sleep_flag, why)
    if not bounds:
        why = f"as fast as it goes; here {format_rate(fast_msgs_per_s)} are offered (--rate)"
        line.losses.note(FAST, "", why)
    return min(bounds, default=fast_msgs_per_s)


def payload_bytes(line: Line) -> int:
    """Return the payload: an id must have room."""
    size: int = line.take("size", PAYLOAD_BYTES)
    if size < MIN_PAYLOAD_BYTES:
        line.lose("size", f"each carries an id: {MIN_PAYLOAD_BYTES} bytes are the least")
    if size > MAX_PAYLOAD_BYTES:
        line.lose("size", f"no server takes more than {format_size(MAX_PAYLOAD_BYTES)}")
    line.lose("payload", "the file is not read: payloads are an id and noise")
    return min(max(size, MIN_PAYLOAD_BYTES), MAX_PAYLOAD_BYTES)


def sizes(line: Line) -> dict[str, str]:
    """Return the payload as a file has it."""
    return {"sizes": format_size(payload_bytes(line))}


def server(line: Line) -> dict[str, Any]:
    """Return what the embedded server must be told of large payloads."""
    size = payload_bytes(line)
    large = size + 1024 > SERVER_MAX_PAYLOAD_BYTES
    room = min(size + 1024, MAX_PAYLOAD_BYTES)
    return {"server": {"max_payload": format_size(room)}} if large else {}


def subjects(line: Line, subject: str) -> dict[str, Any]:
    """Return where messages go."""
    pattern = subject
    if not _TOKENS.fullmatch(subject) or len(subject) > MAX_SUBJECT_CHARS:
        pattern = "bench"
        why = "words of letters, digits, _ and - alone, without wildcards: `bench` stands for it"
        line.losses.note("SUBJECT", subject, why)
    asked = line.take("multisubjectmax", SUBJECTS) or line.flags.get("msgs", MSGS)
    if not line.take("multisubject", False):
        return {"pattern": pattern}
    line.lose("multisubjectrandomize", "subjects are dealt evenly, in random order")
    if asked > MAX_SUBJECTS:
        why = f"a workload has up to {MAX_SUBJECTS} subjects: so many are used"
        line.losses.note("--multisubjectmax", asked, why)
    count = min(asked, MAX_SUBJECTS)
    return {"pattern": f"{pattern}.{{number}}", "numbers": {"number": count}}


def stream(line: Line) -> dict[str, Any]:
    """Return how messages are kept."""
    found: dict[str, Any] = {"storage": line.take("storage", "file")}
    replicas = line.take("replicas", 1)
    if replicas > 1:
        found["num_replicas"] = replicas
    if (limit := line.take("maxbytes")) is not None:
        found |= {"max_bytes": format_size(limit), "discard": "new"}
    if line.take("dedup", False) and (window_ns := line.take("dedupwindow")):
        found["duplicate_window"] = format_duration(max(window_ns, NS_PER_S // 10))
    return found | _persistence(line, replicas)


def _persistence(line: Line, replicas: int) -> dict[str, Any]:
    if not line.take("persistasync", False):
        return {}
    if replicas > 1 or line.flags.get("storage") == "memory":
        line.lose("persistasync", "for a file on one server alone")
        return {}
    return {"persist_mode": "async"}


def publish(line: Line, side: Side, at: Timing, window_msgs: int) -> dict[str, Any]:
    """Return how messages are offered."""
    found = {"rate": at.rate, "publishers": side.processes(line), "window": window_msgs}
    line.lose("header", "headers of one's own are not sent")
    return found | ({"headers": ["message-id"]} if line.take("dedup", False) else {})


def window(line: Line, name: str, usual: int) -> int:
    """Return how many messages wait for their confirmation, as a flag says."""
    asked: int = line.take(name, usual)
    if asked > MAX_WINDOW_MSGS:
        line.lose(name, f"up to {MAX_WINDOW_MSGS}")
    return min(asked, MAX_WINDOW_MSGS)


def handled(line: Line, name: str) -> dict[str, Any]:
    """Return what is done with each message: a sleep there."""
    sleep_ns = min(line.take(name, 0), 3600 * NS_PER_S)
    return {"handler": {"time": format_duration(sleep_ns)}} if sleep_ns else {}
