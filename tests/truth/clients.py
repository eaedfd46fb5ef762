"""Whether clients and times are right to the millisecond on this machine: `make client-truth`.

What can be worked out by hand must be found to the millisecond, both clients must read one time,
and handlers as tasks must do what a plain service does. All of it holds on a quiet host alone, so
it is no part of the tests: those decide by counts, and by differences that no busy host makes.
"""

import argparse
import asyncio
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import nats

from bench.analysis.summary import summarise_trial
from bench.core.units import NS_PER_MS, NS_PER_S
from bench.engine.keep import Kept
from bench.spec.variant import Settings
from tests.clients.server import RealServer
from tests.parts import Time
from tests.server.running import Tree, percentile, plan_of, run_trial, workload
from tests.server.slowpath import medians_behind

BLOCKS = 4
APART = 0.3
"""By which share the clients may differ."""

SERVICE_APART = 0.15
SERVICE_MSGS = 2000
SERVICE_LOAD: Tree = {
    "arrivals": "burst",
    "burst": {"every": "4s", "during": "100ms"},
    "window": 65_536,
}
"""All that a callback of 1 ms can do in a trial is due at its start: nobody publishes beside it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What one look gave, in words, and whether it is what it should be."""

    words: str
    holds: bool


def near(what: str, value: float, expected: float, allowed: float, unit: str) -> Found:
    """Compare a value with what it should be, both in this unit."""
    words = f"{what} {value:.3g} {unit}, to be {expected:.3g} ± {allowed:.2g}"
    return Found(words=words, holds=abs(value - expected) <= allowed)


def delay(directory: Path) -> Iterator[Found]:
    """10 ms each way before the publisher: response grows by both ways, delivery by one."""
    near_ns = medians_behind(directory / "near", 0)
    far_ns = medians_behind(directory / "far", 10 * NS_PER_MS)
    for place, (what, ways) in enumerate((("response", 2), ("delivery", 1))):
        more_ms = (far_ns[place] - near_ns[place]) / NS_PER_MS
        yield near(f"{what} grows by", more_ms, 10 * ways, 0.5, "ms")


def handler(directory: Path) -> Iterator[Found]:
    """A constant 20 ms handler with a free worker adds 20 ms, and its lag is stable."""
    consume = {"workers": 1, "handler": {"time": "20ms"}}
    load = workload("10/s", "12s", consume=consume, drain="1s")
    kept = run_trial(directory, load, {})
    cell = plan_of(load, Settings()).cell("cell")
    figures = summarise_trial(kept.record, kept.intervals, kept.samples, cell)
    worked_ns = percentile(kept, Time.END_TO_END, 50) - percentile(kept, Time.DELIVERY, 50)
    yield near("end-to-end less delivery", worked_ns / NS_PER_MS, 20, 2, "ms")
    verdict = figures.lag.verdict if figures.lag else "n/a"
    yield Found(words=f"lag is {verdict}, to be stable", holds=verdict == "stable")


def handled(directory: Path) -> Iterator[Found]:
    """A handler of 1 ms: what is timed end to end is close."""
    best = best_of_each_client(directory, {"workers": 8, "handler": {"time": "1ms"}})
    wire_ms, natspy_ms = (percentile(kept, Time.END_TO_END, 50) / NS_PER_MS for kept in best)
    yield near("end-to-end p50 by wire", wire_ms, natspy_ms, APART * natspy_ms, "ms")


def bare(directory: Path) -> Iterator[Found]:
    """Nothing handled: a message takes 0.2 ms, a good part of it in nats-py itself.

    The message waits while nats-py computes, some 0.14 ms for each one in both processes. That
    taken off, both clients read the same time: their clocks start and stop at the same events.
    """
    wire, natspy = best_of_each_client(directory, {})
    more_ns = client_cpu_ns(natspy) - client_cpu_ns(wire)
    rest_ms = (percentile(natspy, Time.END_TO_END, 50) - more_ns) / NS_PER_MS
    wire_ms = percentile(wire, Time.END_TO_END, 50) / NS_PER_MS
    yield Found(words=f"nats-py computes {more_ns / NS_PER_MS:.3g} ms more", holds=more_ns > 0)
    yield near("end-to-end p50 by wire", wire_ms, rest_ms, APART * rest_ms, "ms")


def service(directory: Path) -> Iterator[Found]:
    """A plain callback, or loop behind `fetch`, of 1 ms, and the same as handlers of a trial."""
    directory.mkdir()
    for mode in ("push", "pull"):
        plain, task, virtual = [], [], []
        for block in range(BLOCKS):
            here = directory / f"{mode}-{block}"
            here.mkdir()
            plain.append(plain_rate(here, mode, "uvloop"))
            task.append(trial_rate(here / "task", mode, "task"))
            virtual.append(trial_rate(here / "virtual", mode, "virtual"))
        rate, expected = statistics.median(task), statistics.median(plain)
        yield near(f"{mode}: tasks do", rate, expected, SERVICE_APART * expected, "msg/s")
        faster = statistics.median(virtual)
        yield Found(words=f"{mode}: virtual workers do {faster:.0f} msg/s", holds=faster > rate)


def best_of_each_client(directory: Path, consume: Tree) -> tuple[Kept, Kept]:
    """Return wire's and nats-py's trial with the least end-to-end p50; noise of a host only adds.

    Trials of both take turns at 1000 msg/s.
    """
    directory.mkdir()
    trials: dict[str, list[Kept]] = {"wire": [], "nats-py": []}
    for block in range(BLOCKS):
        for client, kept in trials.items():
            settings = {"client": client, "consumer": {"mode": "push"}}
            load = workload("1000/s", "3s", consume=consume)
            kept.append(run_trial(directory / f"{client}-{block}", load, settings))
    wire, natspy = (
        min(kept, key=lambda one: percentile(one, Time.END_TO_END, 50)) for kept in trials.values()
    )
    return wire, natspy


def client_cpu_ns(kept: Kept) -> float:
    """Return what publisher and consumer computed for a message of the window."""
    clients = ("publisher-0", "consumer-0")
    counts = kept.record.window_counts
    assert counts is not None
    used_ns = sum(one.cpu_ns for one in kept.record.processes if one.role in clients)
    return used_ns / counts["offered"]


def trial_rate(directory: Path, mode: str, run: str) -> float:
    """Return how many messages a second one worker of 1 ms acknowledges."""
    settings = {
        "client": "nats-py",
        "handler": {"run": run},
        "consumer": {"mode": mode},
        "pull": {"batch": 50},
    }
    consume = {"workers": 1, "handler": {"time": "1ms"}}
    load = workload("1000/s", "3s", consume=consume, publish=SERVICE_LOAD, drain="1s")
    kept = run_trial(directory, load, settings)
    window, counts = kept.record.window, kept.record.window_counts
    assert window is not None
    assert counts is not None
    return counts["acked"] * NS_PER_S / (window.window_end_ns - window.window_start_ns)


def plain_rate(directory: Path, mode: str, loop: str) -> float:
    """Return how many messages a second a plain service takes."""
    server = RealServer(directory)
    server.start()
    try:
        asyncio.run(_stock(server.url))
        words = (server.url, "S", mode, loop, str(SERVICE_MSGS))
        command = [sys.executable, "-m", "tests.truth.service", *words]
        return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    finally:
        server.kill()


async def _stock(url: str) -> None:
    client = await nats.connect(url)
    context = client.jetstream()
    await context.add_stream(name="S", subjects=["S.>"])
    for _ in range(SERVICE_MSGS):
        await context.publish_async("S.a", bytes(128))
    await context.publish_async_completed()
    await client.close()


LOOKS: dict[str, Callable[[Path], Iterator[Found]]] = {
    one.__name__: one for one in (delay, handler, handled, bare, service)
}


def main() -> int:
    """Look at everything and say what was found; 0 when all of it holds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=tuple(LOOKS), action="append", help="some of the looks")
    options = parser.parse_args()
    right = True
    with tempfile.TemporaryDirectory(prefix="client-truth-") as name:
        for look in options.only or LOOKS:
            for found in LOOKS[look](Path(name) / look):
                right = right and found.holds
                _say(f"{look}: {found.words}: {'holds' if found.holds else 'does not hold'}")
    _say("holds" if right else "does not hold")
    return 0 if right else 1


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
