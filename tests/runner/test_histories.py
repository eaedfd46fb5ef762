"""What is laid once for several trials: for which, how long it is kept, and that it is removed."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from nats.aio.client import Client

from bench.broker.admin import trial_names
from bench.broker.endpoint import Endpoint
from bench.broker.server import Server
from bench.engine.recorder import NEVER, PUBLISHER_COLUMNS
from bench.plan.model import Cell, Trial
from bench.record.store import RunStore
from bench.runner import histories
from bench.runner.histories import Ask, Histories, History, key_of, told
from bench.runner.matrix import Run, layer
from bench.runner.target import EmbeddedTarget, RemoteTarget
from bench.scenario import laying
from bench.scenario.kind import Stage
from bench.scenario.registry import KINDS
from bench.spec.kinds.backlog import Backlog
from bench.spec.kinds.replay import Replay
from bench.spec.workload import Workload
from tests.plan.examples import cell, workload
from tests.server.running import Collector, plan_of

REPLAY = Replay.model_validate(
    {"kind": "replay", "payload": {"sizes": "64B"}, "history": {"messages": 100}}
)
BACKLOG = Backlog.model_validate(
    {"kind": "backlog", "payload": {"sizes": "64B"}, "backlog": {"messages": 100}}
)


def target(parent: str = "/tmp") -> EmbeddedTarget:  # noqa: S108 - nothing is made there
    return EmbeddedTarget(binary=Path("/bin/nats-server"), parent=Path(parent))


def trial(seed: int = 5, index: int = 1) -> Trial:
    return Trial(id=f"{index:03d}", index=index, cell_id="cell", block=1, seed=seed)


def key(load: Workload = REPLAY, seed: int = 5, at: Any = None, **parts: Any) -> str | None:
    of = cell(1, load=load, **parts)
    return key_of(of, KINDS[load.kind], trial(seed), target() if at is None else at)


def test_what_does_not_touch_the_stream_begins_with_the_same() -> None:
    assert key() is not None
    assert key() == key(consumer={"max_ack_pending": 7}, pull={"batch": 3}, ack={"double": True})
    assert key() == key(client="nats-py")


@pytest.mark.parametrize(
    "other",
    [
        {"stream": {"compression": "s2"}},
        {"server": {"sync_interval": "always"}},
        {"seed": 6},
        {"at": target("/var")},
        {"load": REPLAY.model_copy(update={"history": REPLAY.history.at_most(99)})},
    ],
    ids=["stream", "server", "block", "target", "messages"],
)
def test_what_touches_it_is_laid_by_itself(other: dict[str, Any]) -> None:
    assert key() != key(**other) is not None


@pytest.mark.parametrize(
    "other",
    [
        {"stream": {"storage": "memory"}},
        {"at": RemoteTarget(endpoint=Endpoint(url="nats://localhost"), parent=Path())},
        {"load": BACKLOG, "stream": {"retention": "interest"}},
        {"load": workload()},
    ],
    ids=["memory", "remote", "interest", "nothing-laid"],
)
def test_what_cannot_be_kept_or_is_not_ours_to_copy_is_laid_in_each_trial(
    other: dict[str, Any],
) -> None:
    """A stream that keeps what somebody is interested in is empty without a consumer."""
    assert key(**other) is None
    assert key(load=BACKLOG, stream={"retention": "workqueue"}) is not None


def history(directory: Path, trials: int = 2) -> History:
    directory.mkdir()
    names = trial_names("run", 1)
    return History(directory=directory, lock=-1, names=names, messages=100, trials=trials)


class Laying:
    """Lays by making a directory; counts how often it was asked."""

    def __init__(self, parent: Path, comes_out: Sequence[bool] = (True,) * 9) -> None:
        self.parent, self.comes_out, self.asked = parent, list(comes_out), 0

    async def __call__(self, ask: Ask, trials: int, watch: Any) -> History | None:
        self.asked += 1
        whole = self.comes_out.pop(0)
        return history(self.parent / f"laid-{self.asked}", trials) if whole else None


def asked(of: Cell) -> Ask:
    kind = KINDS[of.workload.kind]
    names = trial_names("run", 1)
    return Ask(trial=trial(), cell=of, kind=kind, target=target(), names=names)


def found(held: Histories, key_: str | None) -> History | None:
    return asyncio.run(held.found(key_, asked(cell(1, load=REPLAY)), lambda _: None))


def test_it_is_laid_once_and_gone_with_the_last_that_wants_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    laying = Laying(tmp_path)
    monkeypatch.setattr(histories, "_laid", laying)
    held = Histories.of(["a", "a", "b", None])

    first, second = found(held, "a"), found(held, "a")

    assert first is not None
    assert first is second
    assert laying.asked == 1
    assert first.told()[0].code == "laid-once"
    assert "for the 2 trials" in first.told()[0].text
    held.done_with("a")
    assert first.directory.is_dir()
    held.done_with("a")
    assert not first.directory.exists()
    alone = found(held, "b")
    assert alone is not None
    assert not alone.told()


def test_what_was_spoilt_is_laid_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(histories, "_laid", Laying(tmp_path))
    held = Histories.of(["a", "a", "a"])
    first = found(held, "a")
    assert first is not None

    held.spoilt("a")

    assert not first.directory.exists()
    assert found(held, "a") is not None


def test_what_could_not_be_laid_is_tried_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each trial lays its own then, and says what is wrong with it."""
    laying = Laying(tmp_path, [False])
    monkeypatch.setattr(histories, "_laid", laying)
    held = Histories.of(["a", "a"])

    assert found(held, "a") is found(held, "a") is None
    assert laying.asked == 1
    held.done_with("a")
    held.close()


def test_a_run_that_is_broken_off_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(histories, "_laid", Laying(tmp_path))
    held = Histories.of(["a", "a", "b"])
    found(held, "a")
    found(held, "b")

    held.close()

    assert not list(tmp_path.iterdir())


def test_one_that_lays_its_own_asks_for_nothing() -> None:
    held = Histories.of([None])

    assert found(held, None) is None
    held.done_with(None)
    held.spoilt(None)


PAST: dict[str, Any] = {"stream": {"history": {"messages": 100, "deleted": "30%"}}}


def test_a_past_is_one_for_all_blocks_workloads_and_servers_of_a_run() -> None:
    fresh = workload()
    same = key(fresh, **PAST)

    assert same is not None
    assert same == key(fresh, seed=6, **PAST) == key(workload(rate="7/s"), **PAST)
    assert same == key(fresh, server={"sync_interval": "always"}, **PAST)
    assert same != key(fresh, stream={**PAST["stream"], "compression": "s2"})
    assert same != key(fresh, stream={"history": {"messages": 101, "deleted": "30%"}})
    assert same != key(fresh, at=target("/var"), **PAST)


def test_a_record_says_what_past_it_began_with(tmp_path: Path) -> None:
    aged, laid = cell(1, **PAST), replace(history(tmp_path / "a", trials=1), laid_by="2.15.1")

    (shared,), (alone,) = told(aged, laid), told(aged, None)

    assert shared.code == alone.code == "aged-store"
    assert "laid once by nats-server 2.15.1, used by 1 trial;" in shared.text
    assert "30 of them deleted" in shared.text
    assert "by this trial alone" in alone.text
    assert not told(cell(1), None)
    assert told(cell(1, load=REPLAY), history(tmp_path / "b"))[0].code == "laid-once"


def test_a_past_is_laid_by_the_server_of_the_baseline(tmp_path: Path) -> None:
    """As an upgrade meets it: the candidate begins with what the other one wrote."""
    aged, candidate = cell(1, **PAST), target("/var")
    one = Run(
        plan=plan_of(aged.workload, aged.settings),
        store=RunStore(tmp_path / "run"),
        target=target(),
        watcher=Collector(),
        targets={aged.id: candidate, "fresh": candidate},
    )

    assert layer(one, aged) == one.target != candidate
    assert layer(one, replace(cell(1), id="fresh")) == candidate


def stage(directory: Path) -> Stage:
    names = trial_names("run", 2)
    return Stage(
        server=Server(url="nats://127.0.0.1:4"),
        endpoint=Endpoint(url="nats://127.0.0.1:4"),
        client=Client(),
        names=names,
        things=(names,),
        directory=directory,
        warn=print,
    )


def test_a_trial_that_joins_a_history_makes_and_removes_all_that_its_kind_makes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under the names of who laid it: a bucket of effects beside the stream."""

    async def laid(stage: Stage, of: Cell) -> bool:
        return True

    monkeypatch.setattr(histories, "is_laid", laid)
    own = history(tmp_path / "laid")
    written = cell(1, load=workload(), effect={"written": True})

    joined = asyncio.run(histories.joined(stage(tmp_path), written, own))

    assert [each.stream for each in joined.things] == [
        own.names.stream,
        f"KV_{own.names.stream}",
    ]
    assert (joined.names, joined.laid) == (own.names, own.directory)


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-8])


def less_one(path: Path) -> None:
    columns = np.load(path)
    columns[PUBLISHER_COLUMNS.index("stored_ns"), -1] = NEVER
    np.save(path, columns)


@pytest.mark.parametrize(
    ("spoil", "holds"),
    [(lambda _: None, True), (cut_short, False), (less_one, False), (Path.unlink, False)],
    ids=["whole", "cut-short", "one-less", "gone"],
)
def test_a_history_whose_record_is_spoilt_is_laid_anew(
    spoil: Callable[[Path], None], holds: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its stream alone says nothing of when its messages were stored; the run goes on."""

    async def all_there(*_: object) -> None:
        return None

    monkeypatch.setattr(laying, "require_laid", all_there)
    own, path = history(tmp_path / "laid"), tmp_path / "laid" / "filler-0.npy"
    np.save(path, np.ones((len(PUBLISHER_COLUMNS), 100), dtype=np.int64))
    spoil(path)

    joined = asyncio.run(histories.joined(stage(tmp_path), cell(1, load=REPLAY), own))

    assert joined.laid == (own.directory if holds else None)
