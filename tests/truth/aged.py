"""Whether a gate finds a server that is slow on aged streams alone: some minutes.

The candidate adds 2 ms to what publishers send and are told, where its store has a past; on a
fresh one it adds nothing. Both sides are reached through the same proxy. The gate on aged streams
must be red, and the one on fresh streams must not: that is what a past is measured for.
"""

import argparse
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import yaml

from bench.broker.endpoint import Endpoint
from bench.broker.server import NO_STORES, Server, Stores, embedded_server, find_server_binary
from bench.cli.gate_sides import Field, judge_sides
from bench.cli.sides import Asked
from bench.runner.quiet import Patience
from bench.runner.target import EmbeddedTarget
from bench.spec.gates import load_gates
from bench.spec.variant import ServerSettings
from tests.server.slowpath import slow_path

PLANTED_NS = 2_000_000
WORKLOAD = {
    "kind": "stream",
    "payload": {"sizes": "128B"},
    "publish": {"rate": "200/s"},
    "phases": {"warmup": "1s", "measure": "3s", "drain": "5s"},
}
GATES = {
    "description": "End-to-end time is no worse.",
    "gates": ["p50 vs baseline <= +50%"],
    "workloads": {"steady": []},
}
PAST = {"messages": "20k", "subjects": 100, "deleted": "30%", "consumers": 3}
CONFIG = {
    "question": "What does a past cost?",
    "base": {},
    "variants": {"fresh": {}, "aged": {"stream.history": PAST}},
}


@dataclass(frozen=True, kw_only=True)
class SlowWhenAged(EmbeddedTarget):
    """A server behind a proxy that delays publishers where its store has a past."""

    delay_ns: int

    @asynccontextmanager
    async def serving(
        self, settings: ServerSettings, stores: Stores = NO_STORES
    ) -> AsyncIterator[tuple[Server, Endpoint]]:
        delay_ns = self.delay_ns if stores.begins_with is not None else 0
        async with (
            embedded_server(self.binary, settings, self.parent, stores) as server,
            slow_path(server.url, lambda: delay_ns) as url,
        ):
            yield replace(server, url=url), Endpoint(url=url)


def main() -> int:
    """Measure both gates, and say whether each came out as it must."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--blocks", type=int, default=5)
    blocks: int = parser.parse_args().blocks
    with tempfile.TemporaryDirectory(prefix="jetbench-aged-") as directory:
        words = {name: verdict(Path(directory), name, blocks) for name in ("fresh", "aged")}
    right = words["aged"] == "fail" and words["fresh"] != "fail"
    sys.stdout.write(f"{words}: {'holds' if right else 'does not hold'}\n")
    return 0 if right else 1


def verdict(directory: Path, variant: str, blocks: int) -> str:
    """Measure a gate of a variant against itself on the two servers; return its verdict."""
    files = {"steady.yaml": WORKLOAD, "gates.yaml": GATES, "past.yaml": CONFIG}
    for name, content in files.items():
        (directory / name).write_text(yaml.safe_dump(content), encoding="utf-8")
    parent = directory / "stores"
    parent.mkdir(exist_ok=True)
    old, new = (
        SlowWhenAged(binary=find_server_binary(), parent=parent, delay_ns=delay_ns)
        for delay_ns in (0, PLANTED_NS)
    )
    field = Field(
        baseline=old,
        candidate=new,
        results=directory / "results" / variant,
        tui=False,
        patience=Patience(left_s=60.0),
    )
    chosen = f"{directory / 'past.yaml'}/{variant}"
    asked = Asked(
        baseline=chosen,
        candidate=chosen,
        workloads=(str(directory / "steady.yaml"),),
        blocks=blocks,
        seed=1,
        quick=False,
        planted=0.0,
    )
    result = judge_sides(load_gates(directory / "gates.yaml"), asked, field).result
    for outcome in result.outcomes:
        sys.stdout.write(f"{variant}: {outcome.figure}: {outcome.verdict}: {outcome.reason}\n")
    return str(result.verdict)


if __name__ == "__main__":
    sys.exit(main())
