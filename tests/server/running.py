"""One trial against a real nats-server, from a workload and settings written as in a file."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvloop

from bench.broker.server import find_server_binary
from bench.engine.keep import Kept
from bench.engine.trial import Moment
from bench.plan.model import PLAN_SCHEMA_VERSION, Cell, Plan, Trial, VariantName
from bench.record.schema import Level, TrialRecord
from bench.record.store import RunStore
from bench.runner.matrix import Run, run_matrix
from bench.runner.quiet import Patience
from bench.runner.target import EmbeddedTarget, Target
from bench.spec.kinds.stream import Stream
from bench.spec.variant import PullSettings, Settings
from bench.spec.workload import Workload
from bench.stats.histogram import merged
from bench.stats.percentile import percentile_ns
from tests.parts import Time

Tree = dict[str, Any]

HOST_MADE = {"cpu-steal", "cpu-throttled", "generator-saturated", "offered-rate-missed"}
"""What a host does to a trial of a few hundred messages a second, with which no client is busy."""


@dataclass
class Collector:
    """A watcher that keeps what it hears, and may act on it."""

    on_moment: Callable[[Moment], None] = lambda moment: None
    kept: list[Kept] = field(default_factory=list)
    moments: list[Moment] = field(default_factory=list)

    def run_begins(self, plan: Plan, already_done: int) -> None: ...

    def trial_begins(self, trial: Trial, cell: Cell) -> None: ...

    def moment(self, moment: Moment) -> None:
        self.moments.append(moment)
        self.on_moment(moment)

    def trial_ends(self, trial: Trial, kept: Kept) -> None:
        self.kept.append(kept)

    def waits(self, text: str) -> None: ...

    def warns(self, text: str) -> None: ...


def workload(
    rate: str = "200/s",
    measure: str = "2s",
    *,
    consume: Tree | None = None,
    publish: Tree | None = None,
    size: str = "128B",
    drain: str = "5s",
) -> Stream:
    return Stream.model_validate(
        {
            "kind": "stream",
            "payload": {"sizes": size},
            "publish": {"rate": rate, **(publish or {})},
            "consume": consume or {},
            "phases": {"warmup": "500ms", "measure": measure, "drain": drain},
        }
    )


def plan_of(load: Workload, settings: Settings, *, trials: int = 1) -> Plan:
    cell = Cell(
        id="cell",
        workload_name="test",
        workload=load,
        variants=(VariantName(config="test", variant="only"),),
        settings=settings,
    )
    return Plan(
        schema_version=PLAN_SCHEMA_VERSION,
        label="test",
        question="",
        config_questions=(),
        seed=1,
        blocks=trials,
        quick=True,
        cells=(cell,),
        trials=tuple(
            Trial(id=f"{index:03d}-cell-b{index}", index=index, cell_id="cell", block=index, seed=5)
            for index in range(1, trials + 1)
        ),
    )


def embedded(directory: Path) -> EmbeddedTarget:
    return EmbeddedTarget(binary=find_server_binary(), parent=directory)


def run_trial(
    directory: Path,
    load: Workload,
    settings: Tree,
    *,
    target: Target | None = None,
    on_moment: Callable[[Moment], None] = lambda moment: None,
) -> Kept:
    """Run one trial and return what is kept of it; it is in `directory`/results/run as well."""
    directory.mkdir(exist_ok=True)
    collector = Collector(on_moment=on_moment)
    run = Run(
        plan=plan_of(load, Settings.model_validate(settings)),
        store=RunStore(directory / "results" / "run"),
        target=target or embedded(directory),
        watcher=collector,
        patience=Patience(0.0),
    )
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run_matrix(run))
    return collector.kept[0]


def percentile(kept: Kept, time: Time, percent: float) -> int:
    """Return a percentile of a time over the window."""
    window = kept.record.window
    assert window is not None
    inside = [
        one.histogram
        for one in kept.intervals
        if one.time == time and one.start_ns >= window.window_start_ns
    ]
    value = percentile_ns(merged(inside), percent, beyond=1)
    assert value is not None
    return value


def sound(record: TrialRecord) -> bool:
    """Say whether a trial is valid but for what its host did to it, which no test can help."""
    reasons = {f.code for f in record.findings if f.level is Level.INVALID}
    return record.completed and reasons <= HOST_MADE


def complaints(record: TrialRecord) -> list[str]:
    return [f"{finding.level} {finding.code}: {finding.text}" for finding in record.findings]


def assert_fetched(record: TrialRecord, batch: int = PullSettings().batch) -> None:
    """Assert that each part that pulls asked as often as it takes for what came, and waited."""
    cast, counts = record.cast, record.ledger
    assert counts is not None
    pulled = [each for each in cast.observing if any(e.name == "fetches" for e in each.entries)]
    assert pulled, "somebody pulls"
    for part in pulled:
        own = {e.name: counts[cast.entry(part, e.name)] for e in part.entries}
        assert own["deliveries"] > 0, part.name
        answered = own["fetches"] - own["empty_fetches"]
        still_open = len(record.processes)  # what each asked for last, where nothing came any more
        assert 0 < answered <= own["deliveries"] + still_open, (part.name, own)
        assert (own["fetches"] - own["empty_fetches"]) * batch >= own["deliveries"], part.name


def assert_waited(kept: Kept, *times: str) -> None:
    """Assert that these times were told, of some messages, and that none ended before it began."""
    told = {str(each.time) for each in kept.intervals}
    assert {*times} <= told, told
    assert kept.record.negative_times == 0
