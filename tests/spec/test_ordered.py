"""What goes with an ordered consumer, and what does not."""

import pytest

from bench.spec.jetstream import objections, workload_objections
from bench.spec.kinds.registry import KINDS
from bench.spec.kinds.stream import Stream
from bench.spec.ordered import unfit
from bench.spec.told_parts import ORDERED
from bench.spec.variant import Settings
from tests.spec.cases import Tree

PLAIN: Tree = {"mode": "push", "ordered": True, "ack_policy": "none"}


def settings(consumer: Tree | None = None, **others: Tree | str | list[Tree]) -> Settings:
    policy = (consumer or {}).get("ack_policy", "none")
    timing = "none" if policy == "none" else "after-handler"
    tree = {"consumer": PLAIN | (consumer or {}), "ack": {"timing": timing}, **others}
    return Settings.model_validate(tree)


def workload(consume: Tree | None = None, **others: list[Tree]) -> Stream:
    return Stream.model_validate(
        {
            "kind": "stream",
            "payload": {"sizes": "128B"},
            "publish": {"rate": "100/s"},
            "consume": consume or {},
            **others,
        }
    )


@pytest.mark.parametrize(
    ("consumer", "others", "against"),
    [
        ({"mode": "pull"}, {}, "consumer.mode"),
        ({"ack_policy": "explicit"}, {}, "consumer.ack_policy"),
        ({}, {"client": "nats-py"}, "client"),
        ({"deliver_policy": "new"}, {}, "consumer.deliver_policy"),
        ({"num_replicas": 1}, {}, "consumer.num_replicas"),
        ({}, {"stream": {"retention": "interest"}}, "stream.retention"),
        (
            {},
            {"stream": {"history": {"messages": "10k", "subjects": 10}}},
            "stream.history",
        ),
    ],
)
def test_what_it_could_not_be_made_anew_with_is_refused(
    consumer: Tree, others: Tree, against: str
) -> None:
    """Once, with the setting that it does not go with."""
    (objection,) = objections(settings(consumer, **others))

    assert (objection.key, objection.against) == ("consumer.ordered", (against,))
    assert "ordered: false" in objection.allowed


def test_it_delivers_each_message_once_so_nothing_counts_deliveries() -> None:
    """That acks are what counts them is said as well."""
    keys = [each.key for each in objections(settings({"max_deliver": 3}))]

    assert sorted(keys) == ["consumer.max_deliver", "consumer.ordered"]


CRASH: Tree = {"at": "1s", "do": "crash", "part": "consumer", "for": "1s"}


@pytest.mark.parametrize(
    ("found", "load"),
    [
        (settings(), workload({"consumers": 2})),
        (settings(), workload(disturbances=[CRASH])),
        (settings(disturbances=[CRASH]), workload()),
    ],
    ids=["two", "crash", "crash-of-the-variant"],
)
def test_one_process_takes_all_from_beginning_to_end(found: Settings, load: Stream) -> None:
    """Each of two would get every message, and the next generation would begin anew."""
    assert [each.key for each in workload_objections(found, load)] == ["consumer.ordered"]


def test_alone_it_meets_no_objection() -> None:
    """Nor does a variant that says that nothing is to be disturbed."""
    assert not objections(settings())
    assert not workload_objections(settings(), workload())
    assert not workload_objections(settings(disturbances=[]), workload(disturbances=[CRASH]))


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"stream"}))
def test_other_kinds_have_none(kind: str) -> None:
    """Their consumers go on as they did."""
    (objection,) = unfit(settings(), kind, ["stream"])

    assert objection.key == "consumer.ordered"
    assert kind in objection.what
    assert not [*unfit(Settings(), kind, ["stream"])]
    assert not [*unfit(settings(), "stream", ["stream"])]


def test_the_ledger_tells_how_often_it_was_made_anew() -> None:
    """And of no other consumer."""

    def counted(found: Settings) -> bool:
        part = KINDS["stream"].cast(found, None).part("consume")
        return {*ORDERED} <= {*part.entries}

    assert counted(settings())
    assert not counted(settings({"ordered": False}))
