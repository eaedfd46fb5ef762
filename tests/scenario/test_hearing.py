"""What samplers hear and ask: who changes streams, and what fills a store."""

from dataclasses import replace
from typing import Any

import pytest

from bench.broker.server import Server
from bench.engine.jobs import Hearing
from bench.plan.model import Cell
from bench.scenario.hearing import asking_beside, hearing
from bench.spec.kinds.kv import Kv
from tests.plan.examples import cell
from tests.scenario.staged import NAMES, made_of, staged

LEADER = {"bucket": {"allow_direct": False}}


def heard(made: Cell) -> Hearing:
    stage, scene = staged(made)
    return hearing(scene, stage.things).sampler.hearing


@pytest.mark.parametrize(
    ("name", "others"),
    [("request-reply", []), ("projection", ["KV_{}"]), ("dual-write", ["KV_{}"]), ("schedules", []),
     ("fan-out-streams", ["{}_clicks"])],
)  # fmt: skip
def test_all_that_a_trial_made_is_listened_for(name: str, others: list[str]) -> None:
    """Whatever takes part: a kind that has no consumer is as easily spoilt."""
    found = heard(made_of(name))

    assert {NAMES.stream, *(each.format(NAMES.stream) for each in others)} <= {*found.streams}
    assert not found.requests


@pytest.mark.parametrize("name", ["kv-session", "projection", "workflow", "command"])
def test_where_each_value_is_asked_of_the_api_its_answers_are_not_heard(name: str) -> None:
    """The server would tell of every one of them; a direct get is told to nobody else."""
    assert heard(made_of(name, **LEADER)).requests
    assert not heard(made_of(name)).requests


def test_where_keys_are_listed_time_and_again_requests_are_heard() -> None:
    """Each listing makes a consumer and removes it."""
    kv = {"kind": "kv", "keys": {"count": 3}, "value": {"sizes": "64B"}}
    phases = {"warmup": "100ms", "measure": "1s", "drain": "1s"}
    scanned = Kv.model_validate(
        {**kv, "put": {"rate": "9/s"}, "scan": {"rate": "2/s"}, "phases": phases}
    )

    assert heard(cell(1, load=scanned)).requests


LIMITED: dict[str, Any] = {"server": {"max_file": "1GB"}}


def asked(made: Cell, *, pid: int | None = 1) -> tuple[list[str], list[str]]:
    stage, scene = staged(made)
    scene = replace(scene, server=Server(url="nats://127.0.0.1:1", pid=pid))
    sampler = asking_beside(scene, stage.things, made).sampler
    return tuple([each.stream for each in of] for of in (sampler.alone, sampler.beside))  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("name", "alone", "beside"),
    [
        ("small-events", [], []),
        ("projection", [], []),
        ("request-reply", [], []),
        ("workflow", [], ["KV_{}"]),
        ("command", ["{}"], ["KV_{}"]),
        ("dual-write", ["{}"], ["KV_{}"]),
    ],
)
def test_streams_that_no_consumer_takes_from_are_asked_for_where_they_fill_the_store(
    name: str, alone: list[str], beside: list[str]
) -> None:
    """Who has no consumer at all has its stream asked for by itself, whatever limits it."""
    whole = [each.format(NAMES.stream) for each in alone]

    assert asked(made_of(name, **LIMITED)) == (
        whole,
        [each.format(NAMES.stream) for each in beside],
    )
    assert asked(made_of(name)) == (whole, [])
    assert asked(made_of(name, **LIMITED), pid=None) == ([], [])
