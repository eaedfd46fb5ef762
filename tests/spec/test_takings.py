"""What each kind tells of how messages are taken: how often they are asked for, and when begun."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench.plan.model import Trial
from bench.record.checks import other_parts
from bench.spec.cast import Cast, entries, spans
from bench.spec.handler import Handler
from bench.spec.kinds.fanout import Fanout
from bench.spec.kinds.registry import cast_of
from bench.spec.load import load_workload
from bench.spec.told_parts import without_asked
from bench.spec.variant import Settings
from bench.spec.waiting import without_wait
from bench.spec.workload import Workload
from tests.analysis import runs

CALL = {"function": "of_mine:fold", "directory": "/nowhere", "digest": "0" * 64}
PULLED: dict[str, set[str]] = {
    "small-events": {"fetches"},
    "fan-out": {"billing.fetches", "search.fetches", "audit.fetches"},
    "projection": {"fetches"},
    "workflow": {"validate.fetches", "charge.fetches", "ship.fetches"},
    "replay": {"fetches"},
    "replay-live": {"live.fetches", "replay.fetches"},
    "backlog": {"fetches"},
    "backlog-busy": {"fetches"},
    "counters": {"fetches"},
    "schedules": {"fetches"},
    "kv-session": set(),
    "dual-write": set(),
    "request-reply": set(),
    "command": set(),
}


def shipped(name: str) -> Workload:
    return load_workload(Path(f"workloads/{name}.yaml"))


def asked(cast: Cast) -> set[str]:
    return {name for name in entries(cast) if name.rpartition(".")[2] == "fetches"}


def waits(cast: Cast) -> set[str]:
    return {name for name in spans(cast) if name.rpartition(".")[2] == "wait"}


@pytest.mark.parametrize("name", PULLED)
def test_whoever_pulls_counts_how_often_and_nobody_else_does(name: str) -> None:
    """What is pushed, read, heard or seen as a whole was asked for by nobody."""
    load = shipped(name)
    pushed = Settings.model_validate({"consumer": {"mode": "push"}})

    assert asked(cast_of(load, Settings())) == PULLED[name]
    assert asked(cast_of(load, pushed)) == set()


@pytest.mark.parametrize("name", ["fan-out", "workflow", "replay-live", "backlog", "counters"])
def test_a_record_from_before_that_was_told_is_still_one_of_its_cell(name: str) -> None:
    """It lacks that alone."""
    cast = cast_of(shipped(name), Settings())
    earlier = without_wait(without_asked(cast))
    trial = Trial(id="t", index=1, cell_id="c", block=1, seed=1)
    record = replace(runs.record(trial), cast=earlier)

    assert asked(earlier) == set()
    assert list(other_parts(record, cast)) == []


def fanout(**consumers: Any) -> Cast:
    return cast_of(
        Fanout.model_validate(
            {
                "kind": "fanout",
                "payload": {"sizes": "64B"},
                "publish": {"rate": "10/s"},
                "consumers": consumers,
                "phases": {"warmup": "1s", "measure": "2s"},
            }
        ),
        Settings(),
    )


def test_a_consumer_of_a_fan_out_tells_by_its_own_mode_and_handler() -> None:
    """A handler began its time before it ended where every message of it takes as long."""
    even, uneven = {"time": "5ms"}, {"time": {"from": "1ms", "to": "9ms"}}
    cast = fanout(
        pulled={"mode": "pull", "handler": even},
        pushed={"mode": "push", "handler": even},
        plain={"mode": "core", "handler": even},
        uneven={"handler": uneven},
        slow={"handler": even, "processes": 2, "slow": {"handler": {"time": "60ms"}}},
        idle={},
    )

    assert asked(cast) == {f"{name}.fetches" for name in ("pulled", "uneven", "slow", "idle")}
    assert waits(cast) == {"pulled.wait", "pushed.wait"}


@pytest.mark.parametrize(
    ("name", "time", "told"),
    [
        ("backlog", "5ms", {"wait"}),
        ("backlog-busy", "5ms", {"wait"}),
        ("replay", {"p50": "1ms", "p99": "9ms"}, {"wait"}),
        ("counters", "5ms", {"wait"}),
        ("schedules", "5ms", {"wait"}),
        ("schedules", "0s", set()),
        ("workflow", "5ms", set()),
        ("projection", "5ms", set()),
    ],
)
def test_it_is_told_where_it_is_known_when_handlers_began(
    name: str, time: Any, told: set[str]
) -> None:
    """Not of those whose work is a change of a bucket, which takes as long as it takes."""
    load = shipped(name).with_handler(Handler.model_validate({"time": time}))

    assert waits(cast_of(load, Settings())) == told


def test_a_function_of_a_user_takes_as_long_as_it_takes() -> None:
    """So nobody knows when it began."""
    load = shipped("replay").with_handler(Handler.model_validate({"time": "5ms"}))
    called = Settings.model_validate({"handler": {"call": CALL, "run": "task"}})

    assert waits(cast_of(load, called)) == set()


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("fan-out", {"billing.evicted", "search.evicted", "audit.evicted"}),
        ("projection", {"evicted"}),
        ("replay-live", {"evicted"}),
        ("small-events", {"evicted"}),
        ("schedules", set()),
    ],
)
def test_what_limits_took_is_told_of_each_consumer_of_their_stream(
    name: str, told: set[str]
) -> None:
    """Without limits there is nothing to tell; what waits for its time has two places."""
    limited = Settings.model_validate({"stream": {"max_msgs": 10}})

    found = entries(cast_of(shipped(name), limited))
    assert {each for each in found if each.rpartition(".")[2] == "evicted"} == told
    assert not any("evicted" in each for each in entries(cast_of(shipped(name), Settings())))
