"""Messages that are published twice, as users write them, and the settings that go with them."""

from typing import Any

import pytest
from pydantic import ValidationError

from bench.core.units import NS_PER_S
from bench.spec.cast import entries
from bench.spec.cautions import cautions
from bench.spec.doubled import Doubling, window_ns
from bench.spec.jetstream import workload_objections
from bench.spec.kinds.registry import cast_of
from bench.spec.kinds.stream import Stream
from bench.spec.variant import Settings
from bench.spec.workload import Publish

TWICE = {"share": "10%", "after": "3s"}


def workload(duplicates: dict[str, Any] | None = TWICE, **publish: Any) -> Stream:
    offer = {"rate": "100/s", "headers": ["message-id"], "duplicates": duplicates, **publish}
    return Stream.model_validate({"kind": "stream", "payload": {"sizes": "128B"}, "publish": offer})


def settings(**parts: object) -> Settings:
    return Settings.model_validate(parts)


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"duplicates": {"share": "51%"}}, "more than half"),
        ({"headers": []}, "without a message-id"),
    ],
)
def test_what_means_nothing_of_duplicates_is_refused(keys: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        workload(**keys)


def test_duplicates_are_told_in_words() -> None:
    assert ", 10% of them one before once more 3s later; 1 consumer" in workload().told()
    assert ", 10% of them one before once more; 1 consumer" in workload({"share": "10%"}).told()
    assert "once more" not in workload(None).told()


def test_an_offer_of_another_kind_of_workload_is_one_without_duplicates() -> None:
    plain = Publish.model_validate({"rate": "7/s", "publishers": 3})

    taken = Doubling.of(plain)

    assert (taken.publishers, taken.rate_msgs_per_s) == (3, 7.0)
    assert (taken.duplicates, taken.acts) == (None, ())


def test_what_came_later_is_no_part_of_what_a_workload_is_known_by() -> None:
    said = workload(None).model_dump_json(exclude=workload(None).unsaid)

    assert "duplicates" not in said
    assert "duplicates" in workload().model_dump_json(exclude=workload().unsaid)


def test_a_consumer_is_due_each_message_once() -> None:
    assert workload().share_of("consume") == 0.9
    assert workload().share_of("publish") == workload(None).share_of("consume") == 1.0
    twice = entries(cast_of(workload(), Settings()))
    assert {"deduplicated", "stored_again", "let_in", "shut_out", "expected"} <= set(twice)
    assert not {"deduplicated", "expected"} & set(entries(cast_of(workload(None), Settings())))


@pytest.mark.parametrize(
    ("publish", "key"),
    [
        ({"mode": "atomic", "batch": 10}, "publish.mode"),
        ({"mode": "fast", "batch": 10}, "publish.mode"),
        ({"mode": "one-by-one", "expect": "last-sequence"}, "publish.expect"),
    ],
)
def test_each_message_is_to_have_an_answer_that_says_whether_it_was_known(
    publish: dict[str, Any], key: str
) -> None:
    assert [each.key for each in workload_objections(settings(publish=publish), workload())] == [
        key
    ]
    assert workload_objections(settings(publish=publish), workload(None)) == ()
    assert workload_objections(settings(publish={"mode": "one-by-one"}), workload()) == ()


def test_a_window_is_what_the_stream_says_or_the_servers_own() -> None:
    """Two minutes, or max_age where that is shorter (nats-server)."""
    assert window_ns(settings()) == 120 * NS_PER_S
    assert window_ns(settings(stream={"max_age": "10s"})) == 10 * NS_PER_S
    assert window_ns(settings(stream={"duplicate_window": "1s", "max_age": "10s"})) == NS_PER_S


def test_what_comes_after_the_window_is_worth_a_word_and_more_so_at_its_end() -> None:
    def cautioned(window: str, idempotency: str = "memory") -> list[str]:
        parts = {"stream": {"duplicate_window": window}, "effect": {"idempotency": idempotency}}
        return [each.key for each in cautions(settings(**parts), workload())]

    assert cautioned("3001ms") == cautioned("2500ms") == []
    assert cautioned("3s") == cautioned("2501ms") == ["stream.duplicate_window"]
    assert cautioned("2s", "none") == ["effect.idempotency"]
    assert cautioned("1h", "none") == []
