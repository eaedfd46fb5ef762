"""Lines of `nats bench` that put to or get from a bucket."""

from typing import Any

from bench.core.units import format_size
from bench.importing.bench_line import Line
from bench.importing.bench_pieces import MSGS, Side, server, sizes, timing
from bench.importing.bench_streams import Content
from bench.spec.keys import MAX_KEYS


def put(line: Line, _: str, fast_msgs_per_s: float) -> Content:
    """Return a bucket whose keys are written."""
    return bucket(line, puts=_side(line), gets=None, fast=fast_msgs_per_s)


def get(line: Line, _: str, fast_msgs_per_s: float) -> Content:
    """Return a bucket whose keys are read."""
    return bucket(line, puts=None, gets=_side(line), fast=fast_msgs_per_s)


def bucket(line: Line, *, puts: Side | None, gets: Side | None, fast: float) -> Content:
    """Return a bucket whose keys are written, read, or both."""
    at = timing(line, puts or gets or _side(line), fast)
    workload: dict[str, Any] = {
        "kind": "kv",
        "description": f"What `nats bench {line.said}` does.",
        "keys": _keys(line, preload=gets is not None),
        "value": sizes(line),
    }
    if puts is not None:
        workload["put"] = {"rate": at.rate, "writers": puts.processes(line), "window": 1}
    if gets is not None:
        workload["get"] = {"rate": at.rate, "readers": gets.processes(line), "window": 1}
        if puts is not None:
            line.lose(gets.sleep_flag, f"reads are offered as writes are: {at.rate}")
    return workload | {"phases": at.phases}, {"bucket": _bucket(line), **server(line)}


def _side(line: Line) -> Side:
    clients = line.take("clients", 1)
    return Side(clients=clients, clients_flag="clients", sleep_flag="sleep")


def _keys(line: Line, *, preload: bool) -> dict[str, Any]:
    among = line.take("randomize", 0)
    asked = among or line.flags.get("msgs", MSGS)
    if asked > MAX_KEYS:
        why = f"a bucket has up to {MAX_KEYS} keys: so many are used, one after the other"
        line.losses.note("--randomize" if among else "--msgs", asked, why)
    distribution = "uniform" if among else "sequential"
    return {"count": min(asked, MAX_KEYS), "distribution": distribution, "preload": preload}


def _bucket(line: Line) -> dict[str, Any]:
    found: dict[str, Any] = {"storage": line.take("storage", "file")}
    if (history := line.take("history", 1)) > 1:
        found["history"] = history
    if (replicas := line.take("replicas", 1)) > 1:
        found["num_replicas"] = replicas
    if (limit := line.take("maxbytes")) is not None:
        found["max_bytes"] = format_size(limit)
    return found
