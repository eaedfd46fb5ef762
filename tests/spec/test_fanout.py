"""Fan-out as it is written: its parts, what is refused, and what each consumer is told."""

import re
from typing import Any

import pytest
from pydantic import ValidationError

from bench.judgement.summary import _workload_said
from bench.spec.cast import entries, instants, spans
from bench.spec.kinds.fanout import Fanout, cast_of
from bench.spec.kinds.registry import KINDS, objections
from bench.spec.variant import Settings

ORDERS = {"pattern": "orders.{event}", "values": {"event": ["created", "paid"]}}
TWO = {"billing": {"filter": "orders.paid"}, "audit": {}}


def fanout(consumers: dict[str, Any], **others: Any) -> Fanout:
    return Fanout.model_validate(
        {
            "kind": "fanout",
            "subjects": ORDERS,
            "payload": {"sizes": "128B"},
            "publish": {"rate": "100/s"},
            "consumers": consumers,
            **others,
        }
    )


def test_each_consumer_is_a_part_of_its_own() -> None:
    """What only the publisher has keeps its name; ranked by the first consumer."""
    cast = cast_of(Settings(), fanout(TWO))

    assert [part.name for part in cast.parts] == ["publish", "billing", "audit"]
    assert {"response", "billing.end_to_end", "audit.end_to_end"} <= {*spans(cast)}
    assert {"stored", "billing.lost", "audit.lost"} <= {*entries(cast)}
    assert (cast.ranked, cast.done) == (
        ("billing.end_to_end", "billing.completion"),
        "billing.acked",
    )


def test_one_that_filters_counts_what_it_is_due() -> None:
    """The other one is due all that is planned."""
    cast = cast_of(Settings(), fanout(TWO))
    billing, audit = cast.observing

    assert (cast.due(billing), cast.planned(billing)) == ("expected", "expected")
    assert (cast.due(audit), cast.planned(audit)) == ("offered", "planned")
    assert "expected" in instants(cast)


def test_a_filter_that_names_every_subject_filters_nothing() -> None:
    """So it is due all."""
    cast = cast_of(Settings(), fanout({"all": {"filter": "orders.*"}, "audit": {}}))

    assert cast.due(cast.part("all")) == "offered"


def test_one_consumer_alone_is_called_as_a_stream_has_it() -> None:
    """Its figures need no part before their names."""
    cast = cast_of(Settings(), fanout({"billing": {}}))

    assert (cast.ranked, cast.done) == (("end_to_end", "completion"), "acked")
    assert cast.observing[0].role == "consumer"


@pytest.mark.parametrize(
    ("timing", "policy", "ranked"),
    [
        ("none", "none", ("billing.completion",)),
        ("after-validation", "explicit", ("billing.completion",)),
    ],
)
def test_who_never_acks_or_acks_early_is_ranked_by_completion(
    timing: str, policy: str, ranked: tuple[str, ...]
) -> None:
    """As a stream is."""
    settings = Settings.model_validate(
        {"ack": {"timing": timing}, "consumer": {"ack_policy": policy}}
    )

    assert cast_of(settings, fanout(TWO)).ranked == ranked


@pytest.mark.parametrize(
    ("consumers", "said"),
    [
        ({}, "at least 1"),
        ({"a": {"filter": "invoices.>"}}, "matches nothing that is published"),
        ({"a": {"filter": "orders.>.x"}}, "is no filter"),
        ({"Bill": {}}, "cannot stand before the names of figures"),
        ({"publish": {}}, "cannot stand before the names of figures"),
        ({"response": {}}, "not publish, age, lag, slip, response"),
        ({"a": {}, "end_to_end_ns": {}}, "cannot stand before the names of figures"),
        ({f"c{number}": {} for number in range(101)}, "101 consumers, too many"),
        ({"a_{n}": {"count": 60}, "b_{n}": {"count": 41}}, "101 consumers, too many"),
        ({"a": {"count": 2}}, "2 consumers cannot all be called a"),
        ({"a": {"filter": "orders.{n}"}}, "and a has none"),
        ({"a_{n}": {"count": 3}, "a_1": {}}, "names a consumer a_1, and so does a_{n}"),
        ({"a_{n}": {"filter": "orders.{n}"}}, "'orders.0' matches nothing"),
        ({"host_1": {}}, "host_1 is what a process is called"),
        ({"a": {"workers": 0}}, "greater than or equal to 1"),
    ],
)
def test_what_cannot_be_is_refused(consumers: dict[str, Any], said: str) -> None:
    """Before anything runs."""
    with pytest.raises(ValidationError, match=re.escape(said)):
        fanout(consumers)


def test_a_work_queue_is_no_fan_out() -> None:
    """It gives each message to one consumer; the server refuses two filters that overlap."""
    settings = Settings.model_validate({"stream": {"retention": "workqueue"}})

    (objection,) = objections(settings, fanout(TWO))

    assert objection.key == "stream.retention"
    assert objections(settings, fanout({"billing": {}})) == ()


def test_what_is_said_of_a_stream_is_said_of_each_consumer() -> None:
    """One that cannot do its work is named."""
    slow = fanout({"billing": {"handler": {"time": "20ms"}}, "audit": {}})

    (caution,) = KINDS["fanout"].cautions(Settings(), slow)

    assert "the lag will grow (consumer billing)" in caution.what


TENANTS = {"pattern": "orders.{tenant}", "values": {"tenant": ["0", "1", "2", "3"]}}


def test_many_consumers_are_written_as_one() -> None:
    """Each has its number in its name and in its filter."""
    load = fanout({"reader_{n}": {"count": 3, "filter": "orders.{n}"}, "all": {}}, subjects=TENANTS)

    assert {name: member.filter for name, member in load.members.items()} == {
        "reader_0": "orders.0",
        "reader_1": "orders.1",
        "reader_2": "orders.2",
        "all": ">",
    }
    assert (load.share_of("reader_2"), load.share_of("all")) == (0.25, 1.0)
    assert "reader_{n} (3 consumers) of orders.{n}, 1 worker" in load.told()


def roles(load: Fanout) -> list[str]:
    """The roles of those who observe."""
    return [part.role for part in cast_of(Settings(), load).observing]


def test_consumers_share_processes_in_turn() -> None:
    """One that several processes take from keeps those for itself."""
    load = fanout({"a": {}, "b": {"processes": 2}, "c": {}, "d": {}}, processes_total=2)

    assert roles(load) == ["host_0.consumer", "b.consumer", "host_0.consumer", "host_1.consumer"]
    assert "they share 2 processes" in load.told()


@pytest.mark.parametrize(("count", "processes"), [(16, 16), (17, 2), (100, 2)])
def test_more_than_have_a_process_each_share_two(count: int, processes: int) -> None:
    """So a hundred consumers are no hundred processes."""
    load = fanout({"reader_{n}": {"count": count}})

    assert len({*roles(load)}) == processes
    assert len(cast_of(Settings(), load).observing) == count


def test_many_consumers_do_not_outgrow_their_record() -> None:
    """What could not be read back is not begun; a few may take their time."""
    hour = {"warmup": "1s", "measure": "1h"}
    with pytest.raises(ValidationError, match="more samples than a record holds"):
        fanout({"reader_{n}": {"count": 17}}, phases=hour)

    assert fanout({"reader_{n}": {"count": 16}}, phases=hour).hosts == 0


CLICKS: dict[str, Any] = {
    "subjects": {"pattern": "clicks.{page}", "values": {"page": ["home", "cart", "pay", "done"]}},
    "payload": {"sizes": "64B"},
    "publish": {"rate": "300/s"},
    "consumers": {"funnel": {"filter": "clicks.pay"}, "lake": {"count": 1}},
}


def test_each_stream_has_a_flow_of_its_own() -> None:
    """Figures go by the part that fills it, and by the consumer."""
    load = fanout(TWO, streams={"clicks": CLICKS})
    cast = cast_of(Settings(), load)

    assert [part.name for part in cast.parts] == [
        "publish", "clicks", "billing", "audit", "funnel", "lake",
    ]  # fmt: skip
    assert [part.flow for part in cast.observing] == ["publish", "publish", "clicks", "clicks"]
    assert [part.role for part in cast.driving] == ["publisher", "clicks.publisher"]
    assert {"publish.response", "clicks.response", "funnel.end_to_end"} <= {*spans(cast)}
    assert {"publish.stored", "clicks.stored", "clicks.stream_msgs"} <= {*entries(cast)}
    assert cast.ranked == ("billing.end_to_end", "billing.completion")


def test_filters_and_shares_are_those_of_the_consumers_own_stream() -> None:
    """A quarter of the clicks, a half of the orders."""
    load = fanout(TWO, streams={"clicks": CLICKS})

    assert [load.share_of(name) for name in ("billing", "funnel", "lake")] == [0.5, 0.25, 1.0]
    assert load.rate_msgs_per_s == 400
    assert {name: each.subjects.names[0] for name, each in load.loads.items()} == {
        "publish": "orders.created",
        "clicks": "clicks.home",
    }
    assert "beside it a stream clicks, 300/s, payload 64B: funnel of clicks.pay" in load.told()


def test_what_a_message_takes_is_the_mean_over_all_streams() -> None:
    """Three of four are clicks, which are smaller."""
    how = Settings().publish
    orders, both = (
        fanout(TWO, **more).stored_bytes(how) for more in ({}, {"streams": {"clicks": CLICKS}})
    )

    assert orders > both > orders - 128
    assert fanout(TWO, streams={"clicks": CLICKS}).largest_bytes(how) == 128


@pytest.mark.parametrize(
    ("name", "changed", "said"),
    [
        ("clicks", {"consumers": {"billing": {}}}, "consumer billing, and so does billing"),
        ("clicks", {"consumers": {"clicks": {}}}, "and so does the stream clicks"),
        ("audit", {}, "and so does the stream audit"),
        ("publish", {}, "cannot stand before the names of figures of a stream"),
        ("host_0", {}, "host_0 is what a process is called"),
        ("clicks", {"consumers": {"a": {"mode": "core"}}}, "nobody reads the stream"),
        ("clicks", {"consumers": {"a": {"filter": "orders.>"}}}, "matches nothing that is publ"),
        ("clicks", {"consumers": {}}, "at least 1"),
        ("clicks", {"consumers": {"a_{n}": {"count": 99}}}, "101 consumers, too many"),
        ("clicks", {"trace": {"file": "t.npz"}}, "Extra inputs"),
    ],
)
def test_a_stream_beside_that_cannot_be_is_refused(
    name: str, changed: dict[str, Any], said: str
) -> None:
    """Before anything runs."""
    with pytest.raises(ValidationError, match=said):
        fanout(TWO, streams={name: {**CLICKS, **changed}})


def test_a_work_queue_for_each_of_several_streams_is_one() -> None:
    """Each message goes to one consumer, for each stream has but one."""
    settings = Settings.model_validate({"stream": {"retention": "workqueue"}})
    alone = {**CLICKS, "consumers": {"funnel": {}}}

    assert objections(settings, fanout({"billing": {}}, streams={"clicks": alone})) == ()
    (said,) = objections(settings, fanout({"billing": {}}, streams={"clicks": CLICKS}))
    assert said.key == "stream.retention"


def test_a_consumer_of_another_stream_that_cannot_do_its_work_is_named() -> None:
    """By the rate of its own stream."""
    slow = {**CLICKS, "consumers": {"funnel": {"handler": {"time": "5ms"}}}}

    (caution,) = KINDS["fanout"].cautions(Settings(), fanout(TWO, streams={"clicks": slow}))

    assert "the lag will grow (consumer funnel)" in caution.what


def test_one_stream_alone_is_what_it_was() -> None:
    """Reports that were written before stay comparable."""
    assert "streams" not in _workload_said(fanout(TWO))
    assert "streams" in _workload_said(fanout(TWO, streams={"clicks": CLICKS}))
