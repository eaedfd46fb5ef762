"""Requests that are served after others: under which policy, and by which client."""

from collections.abc import Mapping

import pytest

from bench.broker.admin import trial_names
from bench.clients.port import Binding
from bench.scenario.jobs import Taking, binding
from bench.spec.handler import Handler
from bench.spec.jetstream import objections, workload_objections
from bench.spec.kinds.stream import Stream
from bench.spec.variant import Settings
from tests.spec.cases import OVERFLOW, SPILL, Tree

PRIORITIZED = {"priority_policy": "prioritized", "priority_groups": ["jobs"]}


def settings(consumer: Tree, pull: Tree, **others: object) -> Settings:
    return Settings.model_validate({"consumer": consumer, "pull": pull, **others})


def workload(consumers: int) -> Stream:
    return Stream.model_validate(
        {
            "kind": "stream",
            "payload": {"sizes": "128B"},
            "publish": {"rate": "10/s"},
            "consume": {"consumers": consumers},
        }
    )


@pytest.mark.parametrize(
    ("consumer", "pull", "keys"),
    [
        (OVERFLOW, SPILL | {"priority": 1}, ["pull.priority"]),
        (
            PRIORITIZED,
            {"group": "jobs", "priority": 1, "min_ack_pending": 3},
            ["pull.min_ack_pending"],
        ),
        (PRIORITIZED, {"group": "jobs"}, ["consumer.priority_policy"]),
        ({}, {"priority": 1}, ["pull.priority"]),
        (PRIORITIZED, {"group": "jobs", "priority": 1}, []),
    ],
)
def test_a_request_says_what_its_policy_looks_at(
    consumer: Tree, pull: Tree, keys: list[str]
) -> None:
    """The server refuses the rest, or takes no notice of it."""
    assert [each.key for each in objections(settings(consumer, pull))] == keys


def test_the_library_cannot_ask_within_a_group() -> None:
    """Its fetch sends batch, expires and heartbeat, and nothing else."""
    (objection,) = objections(settings(OVERFLOW, SPILL, client="nats-py"))

    assert objection.key == "consumer.priority_policy"
    assert "nats-py" in objection.what


def test_somebody_must_be_there_to_be_served_after() -> None:
    """One process alone asks plainly, and the policy would be none."""
    overflow = settings(OVERFLOW, SPILL)

    (objection,) = workload_objections(overflow, workload(1))
    assert objection.key == "consumer.priority_policy"
    assert workload_objections(overflow, workload(2)) == ()


def test_all_processes_but_the_first_are_served_after_it() -> None:
    """Were all alike, the last messages of a trial would be served to nobody."""
    overflow = settings(OVERFLOW, SPILL | {"min_ack_pending": 4})

    assert waits(overflow, first=True) == {"min_pending": 0, "min_ack_pending": 0, "priority": 0}
    assert waits(overflow, first=False) == {"min_pending": 10, "min_ack_pending": 4, "priority": 0}
    assert waits(settings(PRIORITIZED, {"group": "jobs", "priority": 7}), first=False) == {
        "min_pending": 0,
        "min_ack_pending": 0,
        "priority": 7,
    }
    assert bound(overflow, first=True).group == bound(overflow, first=False).group == "jobs"
    assert bound(Settings(), first=False).group == ""


def waits(of: Settings, *, first: bool) -> Mapping[str, int]:
    found = bound(of, first=first)
    return {key: getattr(found, key) for key in ("min_pending", "min_ack_pending", "priority")}


def bound(of: Settings, *, first: bool) -> Binding:
    names = trial_names("run", 1)
    taking = Taking(names=names, processes=2, workers=1, handler=Handler(), id_offset=0)
    return binding(of, taking, first=first)
