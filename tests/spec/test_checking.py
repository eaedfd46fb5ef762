"""Handlers that look at messages, and messages that are bad: what goes together."""

from typing import Any

import pytest
from pydantic import ValidationError

from bench.spec.cautions import cautions
from bench.spec.checking import unfit
from bench.spec.jetstream import objections, workload_objections
from bench.spec.kinds.stream import Stream
from bench.spec.kinds.stream import cast_of as cast_of_stream
from bench.spec.variant import Settings
from tests.cli.test_new import OF_KINDS

BAD = {"kind": "malformed", "share": "2%"}
LOOKS: dict[str, Any] = {"handler": {"check": ["envelope"]}}


def workload(*faults: dict[str, str], form: str = "event-envelope") -> Stream:
    return Stream.model_validate(
        {
            "kind": "stream",
            "payload": {"sizes": "512B", "format": form},
            "publish": {"rate": "50/s"},
            "consume": {"faults": list(faults)},
        }
    )


def settings(*trees: dict[str, Any]) -> Settings:
    whole: dict[str, Any] = {}
    for tree in trees:
        for key, value in tree.items():
            both = isinstance(value, dict) and key in whole
            whole[key] = {**whole[key], **value} if both else value
    return Settings.model_validate(whole)


def test_bad_messages_take_an_envelope_that_can_be_bad() -> None:
    with pytest.raises(ValidationError, match="nothing that a handler could check"):
        workload(BAD, form="json-envelope")
    assert workload(BAD).consume.bad


def test_bad_messages_count_among_those_with_a_fault() -> None:
    with pytest.raises(ValidationError, match="more than all"):
        workload({**BAD, "share": "60%"}, {"kind": "permanent", "share": "50%"})


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"ack": {"timing": "none"}, "consumer": {"ack_policy": "none"}}, "told nothing"),
        ({"ack": {"timing": "after-validation"}}, "told nothing"),
        ({"handler": {"check": ["envelope", "envelope"]}}, "stands twice"),
        ({"consumer": {"headers_only": True}}, "no message has anything"),
    ],
    ids=str,
)
def test_a_check_that_could_say_nothing_is_refused(more: dict[str, Any], words: str) -> None:
    found = objections(settings(LOOKS, more))

    assert any(words in each.what and each.key == "handler.check" for each in found)
    assert objections(settings(LOOKS)) == ()


def test_a_check_of_envelopes_takes_some() -> None:
    (found,) = workload_objections(settings(LOOKS), workload(form="random-bytes"))

    assert (found.key, found.allowed) == (
        "handler.check",
        "no envelope, or a workload with payload.format event-envelope",
    )
    assert workload_objections(settings(LOOKS), workload()) == ()


def test_a_cumulative_ack_would_cover_what_is_bad() -> None:
    cumulative = {"ack": {"timing": "cumulative"}, "consumer": {"ack_policy": "all"}}
    found = workload_objections(settings(LOOKS, cumulative), workload(BAD))

    assert [each.key for each in found] == ["ack.timing"]
    assert "malformed" in found[0].what


@pytest.mark.parametrize("kind", OF_KINDS)
def test_other_kinds_look_at_nothing(kind: str) -> None:
    found = unfit(settings(LOOKS), kind)

    assert ["of the kind stream" in each.allowed for each in found] == [True]


def told(chosen: Settings, load: Stream) -> str:
    return " ".join(each.what for each in cautions(chosen, load))


def test_who_does_not_look_is_told_that_the_cell_will_fail() -> None:
    assert "looks for what is malformed" in told(settings(), workload(BAD))
    assert "looks for" not in told(settings(LOOKS), workload(BAD))
    assert "looks for" not in told(settings(), workload())


def test_what_is_refused_without_end_is_told() -> None:
    assert "without end" in told(settings(LOOKS), workload(BAD))
    assert "without end" not in told(
        settings(LOOKS, {"failure": {"answer": "term"}}), workload(BAD)
    )


def entries(chosen: Settings, load: Stream) -> set[str]:
    (part,) = cast_of_stream(chosen, load).observing
    return {each.name for each in part.entries}


def test_what_can_be_counted_is_an_entry() -> None:
    """Whoever looks may be wrong; whoever does not may miss what is bad."""
    missed = {"bad_msgs", "noticed", "unnoticed"}

    assert missed <= entries(settings(), workload(BAD))
    assert "false_alarms" not in entries(settings(), workload(BAD))
    assert "false_alarms" in entries(settings(LOOKS), workload())
    assert not missed & entries(settings(LOOKS), workload())


def test_what_is_told_of_a_workload_says_what_is_bad() -> None:
    assert "2% is malformed" in workload(BAD).told()
    quick = {"kind": "unknown-version", "share": "1%", "time": "0s"}
    assert "1% is of an unknown version and takes" in workload(quick).told()
