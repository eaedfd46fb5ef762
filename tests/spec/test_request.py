"""Request and reply as it is written: what is refused, what is told, what is counted."""

from typing import Any

import pytest
from pydantic import ValidationError

from bench.spec.cast import Weight, entries, instants, ruled, spans
from bench.spec.kinds.registry import KINDS, objections
from bench.spec.kinds.request import Request, cast_of
from bench.spec.kinds.stream import Stream
from bench.spec.variant import Settings


def request(ask: dict[str, Any] | None = None, reply: dict[str, Any] | None = None) -> Request:
    return Request.model_validate(
        {
            "kind": "request",
            "payload": {"sizes": "128B"},
            "request": {"rate": "100/s", **(ask or {})},
            "reply": reply or {},
        }
    )


def settings(**parts: object) -> Settings:
    return Settings.model_validate(parts)


def test_requests_and_what_responders_see_of_them_are_its_parts() -> None:
    """Ranked by the time to the answer; requests that are open are its lag."""
    cast = cast_of(Settings(), request())

    assert list(instants(cast)) == [
        "offered", "sent", "answered", "received", "handled", "replied",
    ]  # fmt: skip
    assert {"response", "delivery", "completion", "reply"} <= {*spans(cast)}
    assert (cast.ranked, cast.done) == (("response",), "answered")
    assert [level.name for level in cast.part("request").levels] == ["open"]


def test_timeouts_and_no_responders_are_counted_apart_and_fail_a_cell() -> None:
    """Each of them is a request that got no answer, and never to be allowed unasked."""
    counted = entries(cast_of(Settings(), request()))
    short = {n for n, (_, entry) in counted.items() if entry.weight is Weight.SHORTFALL}

    assert short == {
        "no_responders", "timeouts", "refused", "not_sent", "answered_again", "taken_again",
    }  # fmt: skip
    assert short <= {*ruled(cast_of(Settings(), request()))}
    assert counted["timeouts"][1].counted == "silent"


@pytest.mark.parametrize(
    ("ask", "reply", "said"),
    [
        ({"timeout": "0s"}, {}, "no time to wait"),
        ({"timeout": "61s"}, {}, "no time to wait"),
        ({"headers": ["message-id"]}, {}, "no stream reads a message-id"),
        ({"publishers": 2}, {}, "publishers"),
        ({"requesters": 0}, {}, "greater than or equal to 1"),
        ({}, {"size": "65MiB"}, "beyond what a server takes"),
    ],
)
def test_what_cannot_be_is_refused(ask: dict[str, Any], reply: dict[str, Any], said: str) -> None:
    """Before anything runs."""
    with pytest.raises(ValidationError, match=said):
        request(ask, reply)


def test_what_lies_at_the_limits_is_taken() -> None:
    """A minute, and an empty reply."""
    assert request({"timeout": "60s"}).request.answer_within_ns == 60_000_000_000
    assert request(reply={"size": "0B"}).reply.size == 0


def test_settings_of_streams_mean_nothing_here() -> None:
    """They would be reported as ones that make no difference."""
    found = objections(settings(pull={"batch": 1}, respond={"workers": 2}), request())

    assert [each.key for each in found] == ["pull.batch"]
    assert "the kind request" in found[0].what


def test_responders_mean_nothing_to_a_stream() -> None:
    """Nobody answers there."""
    stream = Stream.model_validate(
        {"kind": "stream", "payload": {"sizes": "128B"}, "publish": {"rate": "10/s"}}
    )

    (found,) = objections(settings(respond={"workers": 2}), stream)

    assert found.key == "respond.workers"


def test_a_message_beyond_the_servers_limit_is_refused() -> None:
    """Of the request and the reply, whichever is larger."""
    large = request(reply={"size": "2KiB"})

    (found,) = objections(settings(server={"max_payload": "1KiB"}), large)

    assert (found.key, found.allowed) == ("server.max_payload", "2048B or more")
    assert objections(settings(server={"max_payload": "2KiB"}), large) == ()


@pytest.mark.parametrize(
    ("respond", "warns"),
    [({}, True), ({"workers": 2}, False), ({"responders": 2}, False)],
)
def test_responders_that_cannot_keep_up_are_told_of(respond: dict[str, int], warns: bool) -> None:
    """100 requests a second of 15 ms each need one and a half workers."""
    slow = request(reply={"handler": {"time": "15ms"}})

    found = KINDS["request"].cautions(settings(respond=respond), slow)

    assert bool(found) is warns


def test_nothing_is_stored_and_the_largest_message_is_told() -> None:
    """The reply of 300 B is larger than the request of 128 B."""
    workload = request(reply={"size": "300B"})

    assert workload.stored_bytes(settings().publish) == 0
    assert workload.largest_bytes(settings().publish) == 300
    assert "each answered with 300B within 1s" in workload.told()


def test_a_longer_handler_is_that_of_the_responders() -> None:
    """A slower side of a gate differs in what is done with a request."""
    slower = request().with_handler(request(reply={"handler": {"time": "5ms"}}).busy)

    assert slower.reply.handler.time.mean_ns == 5_000_000
    assert slower.loads["request"].handler == slower.busy
