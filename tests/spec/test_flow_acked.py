"""What goes with acks by flow control, and what does not."""

import pytest

from bench.spec.acking import ack_moments
from bench.spec.cautions import cautions
from bench.spec.flow_acked import unfit
from bench.spec.jetstream import objections, workload_objections
from bench.spec.kinds.registry import KINDS
from bench.spec.kinds.stream import Stream
from bench.spec.variant import Settings
from tests.spec.cases import Tree

PLAIN: Tree = {
    "mode": "push",
    "ack_policy": "flow_control",
    "flow_control": True,
    "idle_heartbeat": "1s",
}
GATHERED: Tree = {"timing": "cumulative", "batch": 10}


def settings(
    consumer: Tree | None = None, ack: Tree | None = None, **others: Tree | str
) -> Settings:
    tree = {"consumer": PLAIN | (consumer or {}), "ack": GATHERED | (ack or {}), **others}
    return Settings.model_validate(tree)


def workload(consume: Tree | None = None, **others: list[Tree] | Tree) -> Stream:
    return Stream.model_validate(
        {
            "kind": "stream",
            "payload": {"sizes": "128B"},
            "publish": {"rate": "100/s"},
            "consume": consume or {},
            **others,
        }
    )


def told(found: Settings) -> list[tuple[str, tuple[str, ...]]]:
    return [(each.key, each.against) for each in objections(found)]


POLICY = "consumer.ack_policy"


@pytest.mark.parametrize(
    ("consumer", "against", "says"),
    [
        ({"flow_control": False}, "consumer.flow_control", "sets flow_control"),
        ({"idle_heartbeat": "500ms"}, "consumer.idle_heartbeat", "a heartbeat a second"),
        ({"ack_wait": "5s"}, "consumer.ack_wait", "10221"),
        ({"backoff": ["1s", "2s"]}, "consumer.backoff", "10221"),
        ({"max_deliver": 3}, "consumer.max_deliver", "10222"),
    ],
)
def test_what_the_server_refuses_or_does_as_it_likes_is_refused(
    consumer: Tree, against: str, says: str
) -> None:
    (objection,) = objections(settings(consumer))

    assert (objection.key, objection.against) == (POLICY, (against,))
    assert says in objection.what
    assert objection.allowed.startswith("another ack_policy, or ")


def test_a_pull_consumer_has_no_flow_to_control() -> None:
    """That is told once, and what flow control would need besides is not."""
    found = settings({"mode": "pull", "flow_control": False, "idle_heartbeat": None})

    assert told(found) == [(POLICY, ("consumer.mode",))]


def test_nats_py_answers_flow_control_with_nothing() -> None:
    (objection,) = objections(settings(client="nats-py"))

    assert objection.against == ("client",)


@pytest.mark.parametrize(
    ("ack", "others", "key"),
    [
        ({"double": True}, {}, "ack.double"),
        ({"in_progress": "1s"}, {}, "ack.in_progress"),
        ({"timing": "after-handler"}, {}, "ack.timing"),
        ({"timing": "none"}, {}, "ack.timing"),
        ({"batch": 1001}, {}, "ack.batch"),
        ({}, {"handler": {"check": ["signature"]}}, "handler.check"),
    ],
)
def test_what_an_answer_for_all_cannot_say_is_refused(ack: Tree, others: Tree, key: str) -> None:
    """Whether it came, that a handler still works, that one of them was refused."""
    assert [each.key for each in objections(settings(ack=ack, **others))] == [key]


def test_cumulative_acks_of_other_policies_go_on_as_they_were() -> None:
    """And an ack timing that fits neither names both."""
    plain = Settings.model_validate({"consumer": {"ack_policy": "all"}, "ack": GATHERED})
    explicit = Settings.model_validate({"ack": GATHERED})

    assert not objections(plain)
    (objection,) = objections(explicit)
    assert "ack_policy all or flow_control" in objection.allowed


@pytest.mark.parametrize("retention", ["limits", "workqueue", "interest"])
def test_alone_it_meets_no_objection(retention: str) -> None:
    """A workqueue goes by it as by acks one by one."""
    found = settings(stream={"retention": retention})

    assert not objections(found)
    assert not workload_objections(found, workload())


CRASH: Tree = {"at": "1s", "do": "crash", "part": "consumer", "for": "1s"}
RESTART: Tree = {"at": "1s", "do": "restart-server", "for": "1s"}
PAUSE: Tree = {"at": "1s", "do": "pause", "part": "consumer", "for": "1s"}


@pytest.mark.parametrize(
    ("disturbance", "word"), [(CRASH, "crash"), (RESTART, "restart-server"), (PAUSE, "")]
)
def test_what_ends_a_connection_is_refused(disturbance: Tree, word: str) -> None:
    """A process that stands still has all that came when it goes on."""
    found = workload_objections(settings(), workload(disturbances=[disturbance]))

    assert [each.key for each in found] == ([POLICY] if word else [])
    assert all(f"({word})" in each.what for each in found)


def test_what_crashes_at_a_message_ends_a_connection_as_well() -> None:
    load = workload(consume={"faults": [{"kind": "crash", "times": 1, "at": "after-effect"}]})

    (found,) = (each for each in workload_objections(settings(), load) if each.key == POLICY)

    assert "(crash)" in found.what


def test_a_variant_may_say_that_nothing_is_disturbed() -> None:
    calm = Settings.model_validate({**settings().model_dump(by_alias=True), "disturbances": []})

    assert not workload_objections(calm, workload(disturbances=[CRASH]))


@pytest.mark.parametrize(("drain", "fits"), [("2999ms", False), ("3s", True)])
def test_the_last_acks_need_a_drain_that_outlasts_a_heartbeat(drain: str, *, fits: bool) -> None:
    phases: Tree = {"warmup": "1s", "measure": "5s", "drain": drain}

    found = workload_objections(settings(), workload(phases=phases))

    assert [each.key for each in found] == ([] if fits else [POLICY])


def test_an_answer_of_one_process_covers_what_others_have() -> None:
    keys = [each.key for each in workload_objections(settings(), workload({"consumers": 2}))]

    assert keys == [POLICY, "consumer.idle_heartbeat", "consumer.flow_control"]


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"stream"}))
def test_other_kinds_have_none(kind: str) -> None:
    (objection,) = unfit(settings(), kind, ["stream"])

    assert objection.key == POLICY
    assert kind in objection.what
    assert not [*unfit(Settings(), kind, ["stream"])]
    assert not [*unfit(settings(), "stream", ["stream"])]


def test_no_wait_for_an_ack_is_too_short() -> None:
    """Nothing comes again: a handler of 40 s is above the 30 s that other policies wait."""
    slow = workload({"handler": {"time": "40s"}})
    keys = [each.key for each in cautions(settings(), slow)]
    others = [
        each.key
        for each in cautions(
            Settings.model_validate({"consumer": {"mode": "push", "ack_policy": "all"},
                                     "ack": GATHERED}), slow)
    ]  # fmt: skip

    assert "consumer.ack_wait" in others
    assert "consumer.ack_wait" not in keys


@pytest.mark.parametrize(("limit", "told"), [(100, False), (101, True)])
def test_a_lag_that_swings_a_few_times_alone_is_told(limit: int, *, told: bool) -> None:
    """2000 messages in 20 s are asked for twenty times, a hundred each."""
    load = workload(phases={"warmup": "1s", "measure": "20s", "drain": "5s"})
    found = settings({"max_ack_pending": limit}, {"batch": 10})

    keys = [each.key for each in cautions(found, load)]

    assert ("consumer.max_ack_pending" in keys) is told
    plain = settings({"max_ack_pending": limit, "ack_policy": "all"}, {"batch": 10})
    assert "consumer.max_ack_pending" not in [each.key for each in cautions(plain, load)]


def test_variants_that_wait_to_be_asked_ack_at_a_moment_of_their_own() -> None:
    """An end-to-end time that ends when flow control asks is not one that ends with the batch."""
    plain = Settings.model_validate({"consumer": {"ack_policy": "all"}, "ack": GATHERED})

    assert ack_moments([plain, settings()]) == ("cumulative", "cumulative, when flow control asks")
