"""What a trial whose handlers write needs on a server, and what its consumers are told."""

import asyncio
from pathlib import Path
from typing import Any, cast

import pytest

from bench.broker.admin import Names, bucket_names, trial_names
from bench.broker.latest import Held
from bench.broker.permissions import Needs
from bench.engine.jobs import ObserverJob
from bench.plan.model import Cell
from bench.plan.traffic import make_traffic
from bench.scenario import applied
from bench.scenario.kind import Stage
from bench.spec.kinds.stream import Stream
from tests.engine.test_reviving import job
from tests.plan.examples import cell

NAMES = trial_names("run", 1)
NOTHING = Needs(subjects=frozenset(), pull=True, push=False, acks=True, flow_control=False)
CRASH = {"kind": "crash", "times": 1, "at": "after-effect", "for": "1s"}


def stream(*faults: dict[str, Any]) -> Stream:
    return Stream.model_validate(
        {
            "kind": "stream",
            "payload": {"sizes": "128B"},
            "publish": {"rate": "100/s"},
            "consume": {"faults": list(faults)},
            "phases": {"warmup": "1s", "measure": "2s", "drain": "1s"},
        }
    )


def written(*faults: dict[str, Any], **tree: Any) -> Cell:
    return cell(1, load=stream(*faults), effect={"written": True}, **tree)


def stage(directory: Path, *things: Names) -> Stage:
    return cast(Stage, _Stage(directory, things))


class _Stage:
    """As much of a stage as is asked."""

    client = None

    def __init__(self, directory: Path, things: tuple[Names, ...]) -> None:
        self.names, self.directory, self.things = NAMES, directory, things


def test_only_where_handlers_write_there_is_a_bucket() -> None:
    plain, crashing = cell(1, load=stream()), cell(1, load=stream(CRASH))

    assert applied.things(NAMES, plain) == ()
    assert applied.needing(NOTHING, plain) is NOTHING
    for each in (written(), crashing):
        assert applied.things(NAMES, each) == (bucket_names(NAMES),)


@pytest.mark.parametrize(
    ("tree", "asks"),
    [
        ({}, {"DIRECT.GET.KV_{stream}.x"}),
        ({"stream": {"num_replicas": 3}}, {"STREAM.MSG.GET.KV_{stream}"}),
        ({"client": "nats-py"}, {"DIRECT.GET.KV_{stream}.x", "STREAM.INFO.KV_{stream}"}),
    ],
    ids=["wire", "replicas", "nats-py"],
)
def test_handlers_ask_for_keys_and_write_them(tree: dict[str, Any], asks: set[str]) -> None:
    """Of several replicas the leader alone: another one may not have a marker yet."""
    needs = applied.needing(NOTHING, written(**tree))

    assert needs.asks == asks
    assert needs.says == {"$KV.{stream}.x"}


def test_a_consumer_is_told_how_effects_are_made_and_where_it_writes_that_it_ends(
    tmp_path: Path,
) -> None:
    of = written(CRASH)
    traffic = make_traffic(of.workload.loads["publish"], 1)
    on = stage(tmp_path)

    crashes = applied.crashing(on, of, traffic, "consumer")
    told: ObserverJob = applied.applying(job(), on, of, crashes)

    assert crashes is not None and told.applied is not None
    assert dict(crashes.away_ns) == dict.fromkeys(traffic.crashes, 10**9)
    assert told.applied.book == crashes.path
    assert told.applied.bucket.stream == f"KV_{NAMES.stream}"
    assert applied.crashing(on, of, make_traffic(stream().loads["publish"], 1), "consumer") is None


def test_a_consumer_whose_handlers_write_nothing_is_told_nothing(tmp_path: Path) -> None:
    assert applied.applying(job(), stage(tmp_path), cell(1, load=stream()), None) == job()


async def _never(*_: object) -> Held:
    raise AssertionError("nobody is asked")


@pytest.mark.parametrize("has_bucket", [True, False])
def test_a_bucket_is_read_by_its_effects_where_there_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, has_bucket: bool
) -> None:
    asked: list[tuple[str, str]] = []

    async def latest(client: object, stream: str, prefix: str) -> Held:
        asked.append((stream, prefix))
        return {}

    bucket = bucket_names(NAMES)
    monkeypatch.setattr(applied, "latest", latest if has_bucket else _never)

    found = asyncio.run(applied.held(stage(tmp_path, NAMES, *([bucket] if has_bucket else []))))

    assert found == {}
    assert asked == ([(bucket.stream, f"{bucket.subject_prefix}effect.")] if has_bucket else [])
