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
from bench.spec.workload import Publish
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
    found = unfit(settings(LOOKS), kind, ["stream"])

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
    assert {"malformed_msgs", "malformed_unnoticed"} <= entries(settings(), workload(BAD))
    assert "stale_msgs" not in entries(settings(), workload(BAD))
    assert "false_alarms" not in entries(settings(), workload(BAD))
    assert "false_alarms" in entries(settings(LOOKS), workload())
    assert not missed & entries(settings(LOOKS), workload())


def test_what_is_told_of_a_workload_says_what_is_bad() -> None:
    assert "2% is malformed" in workload(BAD).told()
    quick = {"kind": "unknown-version", "share": "1%", "time": "0s"}
    assert "1% is of an unknown version and takes" in workload(quick).told()


def signed(*faults: dict[str, Any], size: str = "512B", **publish: Any) -> Stream:
    return Stream.model_validate(
        {
            "kind": "stream",
            "payload": {"sizes": size},
            "publish": {"rate": "50/s", "headers": ["signature"], **publish},
            "consume": {"faults": list(faults)},
        }
    )


TAMPERED = {"kind": "tampered", "share": "1%"}
STALE = {"kind": "stale", "share": "1%", "age": "1m"}
REPLAYED = {"kind": "replayed", "share": "1%"}
VERIFIES: dict[str, Any] = {"handler": {"check": ["signature"], "max_age": "30s"}}


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"kind": "stale", "share": "1%"}, "has an age"),
        ({**TAMPERED, "age": "1m"}, "as old as any other"),
        ({**REPLAYED, "time": "1ms"}, "like the one that it was"),
        ({**REPLAYED, "share": "60%"}, "more than half"),
    ],
)
def test_what_means_nothing_of_a_bad_message_is_refused(fault: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        signed(fault)


@pytest.mark.parametrize(
    ("faults", "more", "words"),
    [
        ([TAMPERED], {"headers": []}, "none is signed"),
        ([TAMPERED], {"size": "16B"}, "something besides its id"),
        ([REPLAYED, REPLAYED], {}, "is dealt once"),
        ([REPLAYED], {"headers": ["signature", "message-id"]}, "no handler would see it"),
    ],
    ids=str,
)
def test_what_a_signature_cannot_show_is_refused(
    faults: list[dict[str, Any]], more: dict[str, Any], words: str
) -> None:
    with pytest.raises(ValidationError, match=words):
        signed(*faults, **more)


def test_messages_of_other_kinds_are_signed_for_nobody() -> None:
    with pytest.raises(ValidationError, match="nobody here checks"):
        Publish.model_validate({"rate": "1/s", "headers": ["signature"]})


@pytest.mark.parametrize(
    ("more", "key", "words"),
    [
        ({"handler": {"check": [], "max_age": "1s"}}, "handler.max_age", "no handler looks"),
        ({"handler": {"max_age": "0s"}}, "handler.max_age", "older than that"),
        (
            {"stream": {"subject_transform": {"source": ">", "destination": "moved.>"}}},
            "handler.check",
            "another one",
        ),
    ],
    ids=str,
)
def test_settings_of_signatures_that_mean_nothing_are_refused(
    more: dict[str, Any], key: str, words: str
) -> None:
    found = objections(settings(VERIFIES, more))

    assert [each.key for each in found if words in each.what] == [key]
    assert objections(settings(VERIFIES)) == ()


def test_who_verifies_needs_signed_messages_and_stale_ones_that_are() -> None:
    (unsigned,) = workload_objections(settings(VERIFIES), signed(headers=[]))
    (young,) = workload_objections(settings(VERIFIES), signed({**STALE, "age": "30s"}))

    assert "no message is signed" in unsigned.what
    assert (young.key, "are to be stale" in young.what) == ("handler.max_age", True)
    assert workload_objections(settings(VERIFIES), signed(TAMPERED, STALE, REPLAYED)) == ()


def test_what_nobody_would_notice_is_told() -> None:
    """Of each kind that the check does not see; a function of ours knows no key."""
    ageless = {"handler": {"check": ["signature"]}}

    assert "stale" in (undated := told(settings(ageless), signed(TAMPERED, STALE)))
    assert undated.endswith("the cell fails; only handler.max_age says how old is too old")
    assert "tampered" not in told(settings(ageless), signed(TAMPERED, STALE))
    assert "looks for" not in told(settings(VERIFIES), signed(TAMPERED, STALE, REPLAYED))
    assert "tampered or replayed" in told(settings(), signed(TAMPERED, REPLAYED))


def test_a_good_message_that_comes_again_may_be_stale_by_then() -> None:
    silent = {"kind": "silent", "share": "1%"}

    assert "a good message is refused" in told(settings(VERIFIES), signed(silent))
    assert "a good message is refused" not in told(
        settings(VERIFIES, {"consumer": {"ack_wait": "5s"}}), signed(silent)
    )


def test_nonces_are_not_shared() -> None:
    load = signed(REPLAYED)
    several = load.model_copy(update={"consume": load.consume.model_copy(update={"consumers": 2})})

    assert "another one does not know" in told(settings(VERIFIES), several)
    assert "another one does not know" not in told(settings(VERIFIES), load)


def test_what_is_replayed_is_counted_as_published_again_and_due_once() -> None:
    load = signed(REPLAYED)
    cast = cast_of_stream(settings(VERIFIES), load)
    (publish,), (consume,) = cast.driving, cast.observing
    told_of = {each.name for each in publish.entries}

    assert {"published_again", "stored_again"} <= told_of
    assert not {"deduplicated", "let_in", "shut_out"} & told_of
    assert "expected" in {each.name for each in consume.entries}
    assert load.share_of("consume") == pytest.approx(0.99)
    assert load.loads["publish"].faults == ()
