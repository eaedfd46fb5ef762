"""Counters: what their files may say, and what their settings may not."""

from typing import Any

import pytest
from pydantic import ValidationError

from bench.plan.traffic import make_traffics
from bench.spec.kinds.counter import Counting
from bench.spec.kinds.registry import asked_of, objections
from bench.spec.servers import features_needed
from bench.spec.variant import Settings
from tests.server.test_counter import counter


def keys(tree: dict[str, Any], load: Counting | None = None) -> list[str]:
    return [each.key for each in objections(Settings.model_validate(tree), load or counter())]


@pytest.mark.parametrize(
    ("tree", "found"),
    [
        ({}, []),
        ({"stream": {"storage": "memory", "allow_direct": True}}, []),
        ({"stream": {"retention": "workqueue"}}, ["stream.retention"]),
        ({"stream": {"discard": "new", "max_msgs": 9}}, ["stream.max_msgs", "stream.discard"]),
        ({"stream": {"max_msgs_per_subject": 1}}, ["stream.max_msgs_per_subject"]),
        ({"publish": {"mode": "fast"}, "stream": {"allow_batched": True}}, ["publish.mode"]),
        ({"publish": {"mode": "one-by-one", "expect": "last-sequence"}}, ["publish.expect"]),
        ({"consumer": {"headers_only": True}}, []),
        ({"stream": {"consumer_limits": {"max_ack_pending": 2000}}},
         ["stream.consumer_limits.max_ack_pending"]),
    ],
    ids=str,
)  # fmt: skip
def test_what_a_stream_of_counters_may_be(tree: dict[str, Any], found: list[str]) -> None:
    """What takes away the last message of a subject begins its counter anew."""
    assert keys(tree) == found


def test_an_addition_has_a_header_that_holds_its_id() -> None:
    """Its payload is the server's, so that nothing else could."""
    assert counter().publish.headers == ("correlation-id",)
    with pytest.raises(ValidationError, match="a header must hold its id"):
        counter(publish={"rate": "5/s", "headers": []})


def test_each_adds_what_its_share_says_and_the_rest_1() -> None:
    """Dealt exactly: 30 of 300 add 40, 15 take 3."""
    traffic = make_traffics(counter().loads, 3)["publish"]

    amounts = [dict(act.headers)["Nats-Incr"] for act in traffic.acts]
    counts = [int((traffic.act_index == place).sum()) for place in range(len(amounts))]
    assert dict(zip(amounts, counts, strict=True)) == {"+1": 255, "+40": 30, "-3": 15}
    assert {template.content for template in traffic.payloads[:1]} == {b""}
    assert not traffic.payload_index.any()


def test_more_than_all_cannot_add_something_else() -> None:
    """Shares of one whole."""
    with pytest.raises(ValidationError, match="more than all messages"):
        counter(adds=[{"by": 2, "share": "60%"}, {"by": 3, "share": "50%"}])


def test_counters_need_a_server_that_has_them() -> None:
    """Before 2.12 the header meant nothing, and nothing would be counted."""
    needed = features_needed(Settings(), asked_of(counter()))

    assert ("stream", "2.12.0", "counters") in needed
