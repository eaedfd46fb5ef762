"""What is laid once for several trials: for which, how long it is kept, and that it is removed."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from bench.broker.admin import trial_names
from bench.broker.endpoint import Endpoint
from bench.plan.model import Cell, Trial
from bench.runner import histories
from bench.runner.histories import Ask, Histories, History, key_of
from bench.runner.target import EmbeddedTarget, RemoteTarget
from bench.scenario.registry import KINDS
from bench.spec.kinds.backlog import Backlog
from bench.spec.kinds.replay import Replay
from bench.spec.workload import Workload
from tests.plan.examples import cell, workload

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
