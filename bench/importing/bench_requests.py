"""Lines of `nats bench` that request or that answer."""

from typing import Any

from bench.importing.bench_line import Line
from bench.importing.bench_pieces import ONE, Side, handled, server, sizes, subjects, timing
from bench.importing.bench_streams import Content

ONE_MSG = 1
"""A client there waits for each answer before it asks again."""


def asking(line: Line, subject: str, fast_msgs_per_s: float) -> Content:
    """Return requesters, and one responder that answers at once."""
    line.losses.note("responder", "", "runs apart there; here one answers at once")
    side = Side(clients=line.take("clients", 1), clients_flag="clients", sleep_flag="sleep")
    return asked(line, subject, asks=side, answers=ONE, fast=fast_msgs_per_s)


def serving(line: Line, subject: str, fast_msgs_per_s: float) -> Content:
    """Return responders, and one requester."""
    line.losses.note("requester", "", "runs apart there; here one asks")
    side = Side(clients=line.take("clients", 1), clients_flag="clients", sleep_flag="sleep")
    return asked(line, subject, asks=ONE, answers=side, fast=fast_msgs_per_s)


def asked(line: Line, subject: str, *, asks: Side, answers: Side, fast: float) -> Content:
    """Return requesters on one side and responders on the other."""
    at = timing(line, asks, fast)
    line.lose("header", "headers of one's own are not sent")
    request = {"rate": at.rate, "requesters": asks.processes(line), "window": ONE_MSG}
    reply: dict[str, Any] = handled(line, answers.sleep_flag)
    workload = {
        "kind": "request",
        "description": f"What `nats bench {line.said}` does.",
        "subjects": subjects(line, subject),
        "payload": sizes(line),
        "request": request,
        **({"reply": reply} if reply else {}),
        "phases": at.phases,
    }
    responders = {"responders": answers.processes(line)}
    return workload, {"respond": responders, **server(line)}
