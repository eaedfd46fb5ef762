"""Each rule of the diagnosis, on both sides."""

from dataclasses import replace

import pytest

from bench.analysis.diagnosis import BUSY_SHARE, STORM_SHARE, diagnosed, over_trials
from bench.analysis.figures import Diagnosis, Limit
from bench.analysis.signs import MOSTLY, Signs
from bench.core.text import percent
from bench.core.units import NS_PER_MS
from bench.record.schema import Handling

A_BIT = 0.01


def hands(busy: float = 0.2, workers: int = 200, handler_ns: int = 20 * NS_PER_MS) -> Handling:
    return Handling(
        workers=workers, busy_share=busy, handler_ns_mean=handler_ns, held_ns_mean=handler_ns
    )


FREE = Signs(
    part="consume",
    offered_per_s=1000.0,
    done_per_s=1000.0,
    handling=hands(),
    growing=False,
    doubtful=False,
    waiting_share=0.0,
    cap=1000,
    full_share=0.0,
    sent_share=None,
    idle_share=1.0,
    redelivered_share=0.0,
    asked_back_share=0.0,
    failed_msgs=0,
    silence_s=0,
    findings=frozenset(),
    cpu_share={"server": 0.97},
)
BEHIND = replace(FREE, growing=True, waiting_share=1.0, done_per_s=600.0)


def limit(signs: Signs) -> Limit:
    return diagnosed(signs).limit


def test_what_takes_all_that_comes_is_not_limited() -> None:
    """Messages that wait now and then are on their way."""
    assert limit(FREE) is Limit.NONE
    assert limit(replace(FREE, waiting_share=MOSTLY)) is Limit.NONE
    assert limit(replace(FREE, waiting_share=MOSTLY + A_BIT)) is not Limit.NONE
    assert not diagnosed(FREE).knob


def test_who_has_the_event_loop_for_itself_is_helped_by_processes() -> None:
    """And others by workers."""
    full = hands(busy=BUSY_SHARE, workers=2)
    of_loops, of_workers = (
        diagnosed(replace(BEHIND, handling=replace(full, in_loop=each))) for each in (True, False)
    )

    assert (of_loops.limit, of_workers.limit) == (Limit.HANDLER, Limit.HANDLER)
    assert of_loops.words.startswith("2 event loops were in handlers for 90")
    assert of_workers.words.startswith("2 workers were in handlers for 90")
    alone = diagnosed(replace(BEHIND, handling=hands(busy=BUSY_SHARE, workers=1)))
    assert alone.words.startswith("1 worker was in handlers")
    assert ("consumers" in of_loops.knob, "workers" in of_workers.knob) == (True, True)


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("offered-rate-missed", Limit.GENERATOR),
        ("generator-saturated", Limit.GENERATOR),
        ("cpu-steal", Limit.GENERATOR),
        ("cpu-throttled", Limit.GENERATOR),
        ("window-too-small", Limit.WINDOW),
        ("one-by-one-limit", Limit.PRODUCER),
        ("batches-waited", Limit.PRODUCER),
        ("server-saturated", Limit.STORAGE),
        ("late-sends", Limit.NONE),
    ],
)
def test_what_was_found_of_the_load_comes_first(code: str, told: Limit) -> None:
    assert limit(replace(FREE, findings=frozenset({code}))) is told


def test_a_load_that_was_not_offered_says_nothing_of_handlers() -> None:
    found = frozenset({"offered-rate-missed", "server-saturated"})

    assert limit(replace(BEHIND, handling=hands(1.0), findings=found)) is Limit.GENERATOR


def test_messages_that_were_refused_or_are_gone_are_told_before_what_is_slow() -> None:
    assert limit(replace(BEHIND, failed_msgs=1)) is Limit.REFUSAL
    assert limit(replace(BEHIND, failed_msgs=0)) is not Limit.REFUSAL


def test_a_storm_is_one_from_its_share_on() -> None:
    assert limit(replace(FREE, redelivered_share=STORM_SHARE)) is Limit.STORM
    assert limit(replace(FREE, redelivered_share=STORM_SHARE - A_BIT)) is Limit.NONE


def test_a_storm_names_ack_wait_where_silence_makes_it_and_the_delay_where_naks_do() -> None:
    """A longer ack_wait helps nothing against naks, nor a delay against silence."""
    storm = replace(FREE, redelivered_share=0.25)
    silent, asked = (
        diagnosed(replace(storm, asked_back_share=share)) for share in (MOSTLY, MOSTLY + A_BIT)
    )

    assert "ack_wait" in silent.knob
    assert f"{percent(0.5)} of them as nothing was answered within ack_wait" in silent.words
    assert "failure.delay" in asked.knob
    assert "ack_wait" not in f"{asked.words} {asked.knob}"
    assert f"{percent(0.51)} of them by nak" in asked.words


def test_silence_while_messages_wait_is_a_gap() -> None:
    assert limit(replace(BEHIND, silence_s=1)) is Limit.GAP
    assert limit(replace(BEHIND, silence_s=0)) is not Limit.GAP


def test_what_stores_too_slowly_is_told_with_the_cpu_that_is_known_of_it() -> None:
    slow = replace(FREE, findings=frozenset({"server-saturated"}))

    assert f"at {percent(0.97)} of a core" in diagnosed(slow).words
    assert "of a core" not in diagnosed(replace(slow, cpu_share={"server": -1.0})).words
    assert "of a core" not in diagnosed(replace(slow, cpu_share={})).words


def test_busy_workers_are_the_limit_only_where_something_waits() -> None:
    busy = hands(BUSY_SHARE, workers=10, handler_ns=5 * NS_PER_MS)

    told = diagnosed(replace(BEHIND, handling=busy))

    assert told.limit is Limit.HANDLER
    assert "come to 2\u202f000 msg/s" in told.words
    assert told.knob.startswith("consume.workers")
    assert limit(replace(FREE, handling=busy)) is Limit.NONE
    assert limit(replace(BEHIND, handling=hands(BUSY_SHARE - A_BIT))) is not Limit.HANDLER


def test_where_handlers_were_not_timed_nobody_is_blamed_and_nothing_called_free() -> None:
    """Workers that are all busy ask for nothing, and fill any budget: it looked like either."""
    behind, free = replace(BEHIND, handling=None), replace(FREE, handling=None)
    full = replace(behind, cap=50, full_share=1.0)
    seldom = replace(behind, idle_share=0.0)

    for each in (behind, full, seldom):
        told = diagnosed(each)
        assert told.limit is Limit.UNTOLD
        assert "how long handlers took was not seen" in told.words
        assert not told.knob
    assert diagnosed(free).limit is Limit.UNTOLD
    assert "how busy workers were was not seen" in diagnosed(free).words
    assert diagnosed(replace(free, doubtful=True)).knob == "phases.measure"


def test_what_was_seen_without_handlers_is_told_without_them() -> None:
    """A load that was not offered, and messages that were refused, need no clock."""
    untimed = replace(BEHIND, handling=None)

    assert limit(replace(untimed, findings=frozenset({"cpu-steal"}))) is Limit.GENERATOR
    assert limit(replace(untimed, failed_msgs=1)) is Limit.REFUSAL
    assert limit(replace(untimed, silence_s=1)) is Limit.GAP


def test_workers_that_wait_for_what_they_write_are_told_so() -> None:
    """A shorter handler helps nobody whose time is in the write."""
    busy = hands(BUSY_SHARE, workers=10, handler_ns=5 * NS_PER_MS)
    writes, works = (
        diagnosed(replace(BEHIND, handling=replace(busy, written_ns_mean=ms * NS_PER_MS)))
        for ms in (4, 1)
    )

    assert writes.limit is works.limit is Limit.HANDLER
    assert "at 5.00 ms a message, 4.00 ms of it in reads and writes, they come to" in writes.words
    assert writes.knob == "workers of consume, or what the server takes to answer their handlers"
    assert works.knob.endswith("or a shorter handler")


def test_what_waits_for_its_key_blames_neither_budget_nor_requests() -> None:
    """One key that is all the load keeps all workers but one idle, and asks for nothing."""
    turns = replace(BEHIND, handling=replace(hands(), in_turn=True), idle_share=0.0)

    told = diagnosed(replace(turns, cap=50, full_share=1.0))

    assert told.limit is Limit.UNTOLD
    assert "waited for those of their key before them was not seen" in told.words
    assert limit(replace(turns, growing=False, waiting_share=0.0)) is Limit.NONE
    full = replace(hands(BUSY_SHARE), in_turn=True)
    assert limit(replace(turns, handling=full)) is Limit.HANDLER


def test_a_full_ack_budget_is_told_with_its_ceiling() -> None:
    """50 messages of 20 ms each come to 2\u202f500 msg/s, however many workers there are."""
    full = replace(BEHIND, cap=50, full_share=0.93, done_per_s=2480.0)

    told = diagnosed(full)

    assert told.limit is Limit.ACKS
    assert "93" in told.words
    assert "come to 2\u202f500 msg/s" in told.words
    assert told.knob == "consumer.max_ack_pending"
    assert limit(replace(full, full_share=MOSTLY)) is Limit.ACKS
    assert limit(replace(full, full_share=MOSTLY - A_BIT)) is not Limit.ACKS
    assert limit(replace(full, growing=False, waiting_share=MOSTLY)) is not Limit.ACKS
    assert limit(replace(full, cap=None)) is not Limit.ACKS


def test_what_a_rate_limit_sends_no_faster_is_told() -> None:
    """Workers idle, the budget is open and nobody asks: else nothing would explain the lag."""
    full = replace(BEHIND, sent_share=0.99)

    told = diagnosed(full)

    assert told.limit is Limit.RATE
    assert "99" in told.words
    assert told.knob == "consumer.rate_limit_bps"
    assert limit(replace(full, sent_share=BUSY_SHARE)) is Limit.RATE
    assert limit(replace(full, sent_share=BUSY_SHARE - A_BIT)) is not Limit.RATE
    assert limit(replace(full, growing=False, waiting_share=MOSTLY)) is not Limit.RATE


def test_requests_that_come_too_seldom_are_the_limit_of_who_pulls() -> None:
    seldom = replace(BEHIND, idle_share=MOSTLY - A_BIT)

    assert limit(seldom) is Limit.FETCH
    assert limit(replace(seldom, idle_share=MOSTLY)) is Limit.UNTOLD
    assert limit(replace(seldom, idle_share=None)) is Limit.UNTOLD, "nobody asks who is pushed to"


def test_what_no_rule_explains_is_not_called_free() -> None:
    told = diagnosed(BEHIND)

    assert told.limit is Limit.UNTOLD
    assert not told.knob


def test_what_may_fall_behind_is_not_called_free() -> None:
    told = diagnosed(replace(FREE, doubtful=True))

    assert told.limit is Limit.UNTOLD
    assert told.knob == "phases.measure"


def test_a_cell_is_what_most_of_its_trials_are_and_of_two_the_one_that_limits_more() -> None:
    free, acks = (
        Diagnosis(part="consume", limit=each, words="") for each in (Limit.NONE, Limit.ACKS)
    )

    assert over_trials([free, acks, free]).limit is Limit.NONE
    assert over_trials([free, acks]).limit is Limit.ACKS
