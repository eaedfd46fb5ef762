"""Fan-out as it is written: its parts, what is refused, and what each consumer is told."""

import re
from typing import Any

import pytest
from pydantic import ValidationError

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
