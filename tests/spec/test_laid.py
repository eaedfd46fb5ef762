"""Work that is laid before a trial: what may be asked, what may not, and the book's own numbers."""

from typing import Any

import pytest
from pydantic import ValidationError

from bench.core import text
from bench.plan.traffic import make_traffics
from bench.spec.asked import has
from bench.spec.criteria import COUNTS, parse_criterion
from bench.spec.kinds.backlog import DRAIN, Backlog
from bench.spec.kinds.registry import cast_of, objections
from bench.spec.kinds.replay import REPLAY, Replay
from bench.spec.laid import FILL, IN_HAND, SHORT_MSGS
from bench.spec.load import load_workload
from bench.spec.lookup import shipped_root
from bench.spec.variant import PublishSettings, Settings


def replay(**parts: Any) -> Replay:
    return Replay.model_validate(
        {
            "kind": "replay",
            "payload": {"sizes": "64B"},
            "history": {"messages": 1200},
            "phases": {"warmup": "1s", "measure": "5s", "drain": "1s"},
            **parts,
        }
    )


def backlog(**parts: Any) -> Backlog:
    return Backlog.model_validate(
        {
            "kind": "backlog",
            "payload": {"sizes": "64B"},
            "backlog": {"messages": 1000},
            "phases": {"warmup": "1s", "measure": "5s", "drain": "1s"},
            **parts,
        }
    )


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"replay": {"first": 1201}}, "lies beyond the history of 1200 messages"),
        ({"replay": {"last": 1201}}, "lies beyond the history of 1200 messages"),
        ({"replay": {"first": 9, "last": 8}}, "lies before first"),
        ({"replay": {"start": "by-time"}}, "reset to a sequence, not to a time"),
        ({"replay": {"pacing": "original"}}, "a reset loses the pacing"),
        (
            {"replay": {"by": "new-consumer", "pacing": "original"}},
            "as fast as it goes has no pace of its own",
        ),
        (
            {
                "replay": {"by": "new-consumer", "pacing": "original"},
                "history": {"messages": 1200, "rate": "1000/s"},
            },
            "does not wait for gaps of 1 ms or less",
        ),
        ({"replay": {"times": 0}}, "greater than or equal to 1"),
        ({"replay": {"times": 6}}, "less than or equal to 5"),
        ({"history": {"messages": 0}}, "greater than or equal to 1"),
        ({"history": {"messages": 4000, "rate": "1/s"}}, "more than an hour"),
    ],
)
def test_a_window_that_cannot_be_is_refused(parts: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        replay(**parts)


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ({"consumer": {"mode": "push"}}, "consumer.mode"),
        ({"stream": {"max_msgs": 1199}}, "stream.max_msgs"),
        ({"stream": {"max_bytes": "74KiB"}}, "stream.max_bytes"),  # 64 B of payload each is all
        ({"stream": {"max_msgs_per_subject": 1199}}, "stream.max_msgs_per_subject"),
        ({"stream": {"max_age": "1h"}}, "stream.max_age"),
        ({"stream": {"retention": "workqueue"}}, "stream.retention"),
        ({"consumer": {"deliver_policy": "new"}}, "consumer.deliver_policy"),
        ({"consumer": {"inactive_threshold": "1h"}}, "consumer.inactive_threshold"),
        (
            {"stream": {"consumer_limits": {"inactive_threshold": "1h"}}},
            "consumer.inactive_threshold",
        ),
        ({"consumer": {"ack_policy": "none"}, "ack": {"timing": "none"}}, "ack.timing"),
        ({"handler": {"workers": 2}}, "handler.workers"),
    ],
)
def test_settings_that_cannot_replay_are_refused(settings: dict[str, Any], key: str) -> None:
    said = objections(Settings.model_validate(settings), replay())

    assert key in {each.key for each in said}
    assert not objections(Settings(), replay())


def test_a_new_consumer_need_not_acknowledge_to_replay() -> None:
    never = Settings.model_validate({"consumer": {"ack_policy": "none"}, "ack": {"timing": "none"}})

    assert not objections(never, replay(replay={"by": "new-consumer"}))


def test_the_window_of_the_book_has_21_messages() -> None:
    """Book 5.2: replay 1180 to 1200."""
    load = replay(replay={"first": 1180, "last": 1200})

    assert load.share_of(REPLAY) * load.history.messages == pytest.approx(21)
    assert "goes through 21 of them" in load.told()


def test_the_plan_of_the_book_is_shipped() -> None:
    """Book 11.5: a million, 95 % of 1 KiB and 5 % of 32 KiB, from 500 000 on."""
    load = load_workload(shipped_root() / "workloads/replay.yaml")
    assert isinstance(load, Replay)

    first, last = load.bounds
    assert last - first + 1 == 500_001
    assert round(load.payload.mean_bytes) == 2611
    assert load.messages == 1_000_000


def test_all_that_is_laid_is_due_when_the_warm_up_ends() -> None:
    """One flow of the trial's seed, and one of what is live: their loads are no twins."""
    load = replay(live={"publish": {"rate": "100/s"}})

    traffic = make_traffics(load.loads, 1)

    assert traffic[FILL].intended_ns.tolist() == [10**9] * 1200
    assert traffic["publish"].intended_ns.size == 600
    assert load.messages == 1800
    assert load.amount == f"{text.count(1200)} laid, 100/s"


def test_a_look_lays_less_and_replays_the_same_share() -> None:
    load = replay(history={"messages": 1_000_000}, replay={"first": 500_000})

    short = load.in_short(load.phases)

    assert short.history.messages == SHORT_MSGS
    assert short.bounds == (SHORT_MSGS // 2, SHORT_MSGS)
    assert backlog(backlog={"messages": 10**6}).in_short(load.phases).messages == SHORT_MSGS
    assert replay().in_short(load.phases).bounds == (1, 1200)


def test_who_lays_has_a_ledger_and_no_times() -> None:
    """It is no process of the window: no slip, no CPU a message, no rate of it is a figure."""
    cast = cast_of(replay(), Settings())

    assert not cast.slips
    assert "filler" not in cast.roles
    assert cast.served == ("received",)
    assert cast.part(REPLAY).spans[0].name == IN_HAND
    entries = {each.name for each in cast.part(FILL).entries}
    assert {"refused", "unconfirmed", "not_sent"} <= entries


def test_what_comes_meanwhile_has_no_lag_of_its_own() -> None:
    """It stands behind the backlog."""
    cast = cast_of(backlog(publish={"rate": "100/s"}), Settings())

    assert [part.name for part in cast.parts] == [FILL, "publish", "fresh", DRAIN]
    assert not cast.part("fresh").levels
    assert cast.served == ("publish.stored", "drain.received")


def test_the_largest_message_is_what_is_laid() -> None:
    assert backlog().largest_bytes(PublishSettings()) == 64


def test_headers_of_what_comes_meanwhile_count_to_the_largest_message() -> None:
    """A server refuses by its max_payload, headers included."""
    plain = backlog(publish={"rate": "1/s"})
    marked = backlog(publish={"rate": "1/s", "headers": ["trace"]})

    how = PublishSettings()
    assert marked.largest_bytes(how) > plain.largest_bytes(how) == 64
    assert marked.stored_bytes(how) > plain.stored_bytes(how)


def test_each_time_of_a_replay_is_a_part_of_its_own() -> None:
    """With figures, a ledger and checks of its own; the later ones are held against the first."""
    load = replay(replay={"times": 3, "first": 601})

    cast = cast_of(load, Settings())

    assert [part.name for part in cast.observing] == ["replay", "replay_2", "replay_3"]
    assert {part.role for part in cast.observing} == {"replayer"}
    assert cast.ranked == ("replay.end_to_end", "replay.completion")
    assert [load.share_of(part.name) for part in cast.observing] == [0.5, 0.5, 0.5]
    assert "3 times in a row" in load.told()
    checks = {part.name: {e.name for e in part.entries if e.check} for part in cast.observing}
    assert checks["replay"] == {"outstanding", "outside", "misfolded"}
    assert checks["replay_2"] == checks["replay_3"] == {*checks["replay"], "state_differs"}


def test_states_of_several_that_handle_at_a_time_are_told_and_not_asked_for() -> None:
    """Nobody promised an order."""
    cast = cast_of(replay(replay={"times": 2, "workers": 4}), Settings())

    (entry,) = (each for each in cast.part("replay_2").entries if each.name == "state_differs")
    assert not entry.check


def test_what_may_be_counted_can_be_named_in_rules_of_every_file() -> None:
    counted = {"state_differs", "hurried", "trailing", "disturbed"}

    assert counted <= {*COUNTS}
    assert not counted & {
        e.name for part in cast_of(replay(), Settings()).parts for e in part.entries
    }


@pytest.mark.parametrize(
    ("waits", "meanwhile", "said"),
    [
        ({}, None, "has no size"),
        ({"messages": 5, "for": "10s", "rate": "5/s"}, None, "has two sizes"),
        ({"for": "10s"}, None, "has no size without a rate"),
        ({"for": "10ms", "rate": "5/s"}, None, "comes to 0 messages"),
        ({"for": "2h"}, "5/s", "more than an hour"),
        ({"messages": 4000, "rate": "1/s"}, None, "more than an hour"),
    ],
)
def test_a_backlog_that_has_not_one_size_is_refused(
    waits: dict[str, Any], meanwhile: str | None, said: str
) -> None:
    comes = {"publish": {"rate": meanwhile}} if meanwhile else {}

    with pytest.raises(ValidationError, match=said):
        backlog(backlog=waits, **comes)


def test_a_backlog_that_is_built_by_time_has_the_messages_of_that_time() -> None:
    """At the rate of what comes meanwhile, or at one of its own."""
    of_flow = backlog(backlog={"for": "10s"}, publish={"rate": "500/s"})
    of_its_own = backlog(backlog={"for": "10s", "rate": "200/s"}, publish={"rate": "500/s"})

    assert (of_flow.pile.messages, of_flow.pile.every_ns) == (5000, 2 * 10**6)
    assert (of_its_own.pile.messages, of_its_own.pile.every_ns) == (2000, 5 * 10**6)
    assert f"{text.count(5000)} messages of 10s laid at 500/s" in of_flow.told()
    assert of_flow.laid == {FILL: 5000}


def test_a_look_at_a_backlog_that_is_built_by_time_takes_no_longer_than_seconds() -> None:
    load = backlog(backlog={"for": "10m"}, publish={"rate": "500/s"})
    dense = backlog(backlog={"for": "1m", "rate": "100000/s"})

    assert load.in_short(load.phases).pile.messages == 2500
    assert dense.in_short(dense.phases).pile.messages == SHORT_MSGS


def test_a_backlog_of_a_time_is_asked_whether_it_was_built_in_it() -> None:
    """One of so many messages stands for no time."""
    timed = cast_of(backlog(backlog={"for": "10s", "rate": "5/s"}), Settings()).part(FILL)
    plain = cast_of(backlog(), Settings()).part(FILL)

    assert "built_late" in {each.name for each in timed.entries if each.check}
    assert "built_late" not in {each.name for each in plain.entries}
    assert "built_late" in COUNTS


def test_time_and_rate_of_work_may_be_named_in_rules() -> None:
    """Of several times of a replay each has its own."""
    once, twice = replay(), replay(replay={"times": 2})

    assert str(parse_criterion("work < 20s")) == "work < 20s"
    assert has(once, "work")
    assert has(once, "work_rate")
    assert has(twice, "replay_2.work")
    assert not has(twice, "work")
    assert not has(load_workload(shipped_root() / "workloads/small-events.yaml"), "work")
