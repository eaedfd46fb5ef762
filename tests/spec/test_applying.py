"""Settings of effects and crashes of consumers: what is refused, and what is warned of."""

from typing import Any

import pytest
from pydantic import ValidationError

from bench.spec import jetstream
from bench.spec.effects import CRASH_POINTS, WRITING
from bench.spec.kinds.registry import cast_of, cautions_of, objections
from bench.spec.kinds.stream import Stream
from bench.spec.variant import Settings

Tree = dict[str, Any]


def stream(*faults: Tree, **consume: Any) -> Stream:
    return Stream.model_validate(
        {
            "kind": "stream",
            "payload": {"sizes": "128B"},
            "publish": {"rate": "100/s"},
            "consume": {**consume, "faults": list(faults)},
            "phases": {"warmup": "1s", "measure": "10s", "drain": "10s"},
        }
    )


def crash(at: str, **more: Any) -> Tree:
    return {"kind": "crash", "times": 2, "at": at, **more}


def settings(**tree: Any) -> Settings:
    return Settings.model_validate({"consumer": {"ack_wait": "500ms"}, **tree})


def doing(idempotency: str, **more: Any) -> Settings:
    return settings(effect={"idempotency": idempotency, **more})


def refused(of: Settings, load: Stream) -> list[str]:
    return [each.key for each in objections(of, load)]


def warned(of: Settings, load: Stream) -> list[str]:
    return [each.key for each in cautions_of(of, load)]


@pytest.mark.parametrize("at", CRASH_POINTS)
def test_a_strategy_that_marks_comes_by_every_step(at: str) -> None:
    for idempotency in ("marker-first", "marker-last", "marker-in-value", "sequence-guard"):
        assert refused(doing(idempotency), stream(crash(at))) == []


@pytest.mark.parametrize("idempotency", ["none", "overwrite"])
def test_without_a_marker_nobody_crashes_after_it(idempotency: str) -> None:
    marks_nothing = doing(idempotency)

    assert refused(marks_nothing, stream(crash("after-marker"))) == ["effect.idempotency"]
    assert refused(marks_nothing, stream(crash("after-effect"))) == []


@pytest.mark.parametrize("timing", ["after-validation", "none"])
def test_without_an_ack_after_the_handler_nobody_crashes_before_it(timing: str) -> None:
    policy = "none" if timing == "none" else "explicit"
    early = Settings.model_validate({"ack": {"timing": timing}, "consumer": {"ack_policy": policy}})

    assert refused(early, stream(crash("before-ack"))) == ["ack.timing"]
    assert refused(early, stream(crash("after-receive"))) == []


def test_a_cumulative_ack_would_cover_what_a_crashed_process_had_in_hand() -> None:
    of_all = settings(
        ack={"timing": "cumulative"}, consumer={"ack_policy": "all", "ack_wait": "500ms"}
    )

    assert refused(of_all, stream(crash("after-effect"))) == ["ack.timing"]
    assert refused(of_all, stream()) == []


def test_crashes_and_disturbances_are_not_measured_together() -> None:
    pause = {"at": "1s", "do": "pause", "part": "consumer", "for": "1s"}

    assert refused(settings(disturbances=[pause]), stream(crash("after-effect"))) == [
        "disturbances"
    ]
    assert refused(settings(disturbances=[]), stream(crash("after-effect"))) == []


def test_a_marker_lives_for_whole_seconds_where_it_stands_by_itself() -> None:
    def said(idempotency: str, ttl: str) -> list[str]:
        return [each.key for each in jetstream.objections(doing(idempotency, marker_ttl=ttl))]

    for idempotency in ("marker-first", "marker-last"):
        assert said(idempotency, "2s") == []
        assert said(idempotency, "500ms") == ["effect.marker_ttl"]
        assert said(idempotency, "1500ms") == ["effect.marker_ttl"]
    for idempotency in ("none", "overwrite", "sequence-guard", "marker-in-value", "memory"):
        assert said(idempotency, "2s") == ["effect.marker_ttl"]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"times": 2}, "at"),
        ({"at": "after-effect"}, "times: 1 to 8"),
        ({"at": "after-effect", "times": 2, "share": "1%"}, "times: 1 to 8"),
        ({"at": "after-effect", "times": 9}, "less than or equal to 8"),
        ({"at": "after-effect", "share": "1%"}, "crash 10 times"),
        ({"at": "after-lunch", "times": 1}, "after-effect"),
        ({"at": "after-effect", "times": 1, "time": "1s"}, "time"),
    ],
)
def test_a_crash_says_where_and_how_often(wrong: Tree, words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        stream({"kind": "crash", **wrong})


def test_a_crash_has_a_message_that_nothing_else_befalls() -> None:
    """Else it would not be dealt, and a trial without it would pass for one that had it."""
    with pytest.raises(ValidationError, match="crash at 2 messages, of 0 without a fault"):
        stream({"kind": "permanent", "share": "100%"}, crash("after-effect"))
    with pytest.raises(ValidationError, match="up to 1"):
        stream({"kind": "permanent", "share": "99.9%"}, crash("after-effect"))


def test_a_crash_is_told_and_no_share_of_the_messages() -> None:
    """Beside faults of almost all messages: it takes nothing from them."""
    load = stream({"kind": "permanent", "share": "99%"}, crash("after-effect", **{"for": "1s"}))

    assert load.told().endswith("; at 2 messages the consumer crashes after its effect, for 1s")
    assert load.loads["publish"].crashes == load.consume.crashes
    assert "at" not in str(stream({"kind": "permanent", "share": "1%"}).consume.model_dump())


def test_more_effects_than_can_be_read_are_refused_where_they_are_written() -> None:
    """10 s and 1 s of warm-up at 50 000/s."""
    load = stream().model_dump(by_alias=True)
    many = Stream.model_validate({**load, "publish": {"rate": "50000/s"}})

    assert refused(settings(effect={"written": True}), many) == ["effect"]
    assert refused(settings(), many) == []
    assert refused(settings(effect={"written": True}), stream()) == []


def test_what_a_strategy_cannot_keep_is_said_beforehand() -> None:
    failing: Tree = {"kind": "transient", "share": "1%"}
    gives_up = {"failure": {"attempts": 5}}

    assert warned(doing("marker-first"), stream(failing)) == ["effect.idempotency"]
    assert warned(doing("marker-last"), stream(failing)) == []
    assert warned(doing("memory"), stream(crash("after-effect"))) == ["effect.idempotency"]
    assert warned(doing("none"), stream(crash("after-effect"))) == []
    assert warned(doing("sequence-guard", **{}), stream(failing)) == ["effect.idempotency"]
    one_by_one = settings(
        effect={"idempotency": "sequence-guard"},
        consumer={"max_ack_pending": 1, "ack_wait": "500ms"},
        pull={"batch": 1},
        **gives_up,
    )
    assert warned(one_by_one, stream(failing)) == []
    assert warned(doing("sequence-guard"), stream(consumers=2)) == ["effect.idempotency"]


def test_a_marker_that_is_gone_when_its_message_comes_again_is_warned_of() -> None:
    waits = {"consumer": {"ack_wait": "3s"}}
    short, long = (
        Settings.model_validate(
            {**waits, "effect": {"idempotency": "marker-last", "marker_ttl": ttl}}
        )
        for ttl in ("2s", "10s")
    )

    assert warned(short, stream()) == ["effect.marker_ttl"]
    assert warned(long, stream()) == []


def test_what_comes_again_when_nobody_looks_is_warned_of() -> None:
    patient = Settings.model_validate({"consumer": {"ack_wait": "30s"}})

    assert warned(patient, stream(crash("after-effect"))) == ["consumer.ack_wait"]
    assert warned(settings(), stream(crash("after-effect"))) == []


@pytest.mark.parametrize("idempotency", WRITING)
def test_effects_that_are_written_are_counted(idempotency: str) -> None:
    """And a message that is handled twice is no fault there by itself."""
    names = {e.name for e in cast_of(stream(), doing(idempotency)).part("consume").entries}

    assert {"effects_missing", "effects_doubled", "handled_twice"} <= names
    assert not {"crashes", "dropped"} & names


def test_where_a_consumer_crashes_effects_are_written_and_crashes_counted() -> None:
    part = cast_of(stream(crash("after-effect")), doing("none")).part("consume")
    entries = {each.name: each for each in part.entries}

    assert {"effects_missing", "effects_unlike", "crashes", "dropped", "unrecovered"} <= set(
        entries
    )
    assert not entries["handled_twice"].check


def test_other_workloads_count_what_they_always_did() -> None:
    plain = {each.name for each in cast_of(stream(), settings()).part("consume").entries}
    remembering = cast_of(stream(), doing("memory")).part("consume")

    assert "effects_missing" not in plain
    assert "effects_missing" not in {each.name for each in remembering.entries}


WRITE_ERROR: Tree = {"kind": "write-error", "share": "1%", "times": 2}


def test_a_bucket_refuses_effects_where_some_are_written() -> None:
    assert refused(settings(), stream(WRITE_ERROR)) == ["effect.written"]
    assert refused(settings(effect={"written": True}), stream(WRITE_ERROR)) == []
    assert refused(doing("marker-last"), stream(WRITE_ERROR)) == []


def test_what_was_claimed_first_and_refused_is_taken_for_done() -> None:
    assert "effect.idempotency" in warned(doing("marker-first"), stream(WRITE_ERROR))
    assert "effect.idempotency" not in warned(doing("marker-last"), stream(WRITE_ERROR))


def test_a_cumulative_ack_covers_what_the_bucket_refused() -> None:
    cumulative = settings(
        ack={"timing": "cumulative"},
        consumer={"ack_policy": "all", "ack_wait": "500ms"},
        effect={"written": True},
    )

    assert refused(cumulative, stream(WRITE_ERROR)) == ["ack.timing"]


def test_refused_effects_are_counted_where_there_are_some() -> None:
    own = {"writes_refused", "writes_taken"}
    written = settings(effect={"written": True})

    assert own <= {each.name for each in cast_of(stream(WRITE_ERROR), written).observing[0].entries}
    assert not own & {each.name for each in cast_of(stream(), written).observing[0].entries}
    assert "is refused by the bucket 2 times" in stream(WRITE_ERROR).told()
