"""Every kind of workload by its name, as it is played."""

from collections.abc import Mapping

from bench.scenario import (
    backlog,
    command,
    counter,
    dual_write,
    fanout,
    kv,
    projection,
    replay,
    request,
    schedule,
    stream,
    workflow,
)
from bench.scenario.kind import Kind

KINDS: Mapping[str, Kind] = {
    "stream": stream.KIND,
    "request": request.KIND,
    "fanout": fanout.KIND,
    "kv": kv.KIND,
    "projection": projection.KIND,
    "workflow": workflow.KIND,
    "command": command.KIND,
    "dual-write": dual_write.KIND,
    "replay": replay.KIND,
    "backlog": backlog.KIND,
    "counter": counter.KIND,
    "schedule": schedule.KIND,
}
