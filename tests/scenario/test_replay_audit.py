"""A replay that is over: a sound one holds, and each planted fault of a replayer is found."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from bench.engine.audit import Audited, Evidence
from bench.engine.losses import UNKNOWN
from bench.engine.recorder import NEVER, ConsumerRecord, PublisherRecord
from bench.engine.table import (
    NOT_YET,
    MessageTable,
    driven,
    renumbered,
    seen_by,
    some_of,
)
from bench.plan.traffic import make_traffics
from bench.scenario.replay_audit import audited, hurried, trailing
from bench.spec.kinds.replay import REPLAY, Replay, passes
from bench.spec.laid import FILL
from tests.plan.examples import cell

FIRST, LAST, MESSAGES = 11, 40, 60
LOAD = Replay.model_validate(
    {
        "kind": "replay",
        "subjects": {"pattern": "e.{k}", "values": {"k": ["a", "b", "c"]}},
        "payload": {"sizes": "64B"},
        "history": {"messages": MESSAGES},
        "replay": {"first": FIRST, "last": LAST},
        "phases": {"warmup": "1s", "measure": "2s"},
    }
)
TRAFFIC = make_traffics(LOAD.loads, 1)


def record(seqs: Sequence[int], passed_over: Sequence[int] = ()) -> ConsumerRecord:
    """What a replayer wrote that handled these sequences in turn, and passed over others."""
    every = np.array([*seqs, *passed_over], dtype=np.int64)
    handled_ns = np.where(np.arange(every.size) < len(seqs), 10**9 + 2 * np.arange(every.size), 0)
    return ConsumerRecord(
        ids=every - 1,
        stream_seqs=every,
        deliveries=np.ones_like(every),
        received_ns=10**9 + np.arange(every.size),
        handled_ns=handled_ns,
        acked_ns=handled_ns,
        ending=np.zeros_like(every - 1),
    )


def judged(*records: ConsumerRecord) -> Audited:
    return judged_passes(LOAD, list(records))


def judged_passes(load: Replay, *each: Sequence[ConsumerRecord]) -> Audited:
    """What is said of what was written down at each time."""
    due_ns = TRAFFIC[FILL].intended_ns
    ids = np.arange(MESSAGES)
    laid = PublisherRecord(
        ids=ids,
        sent_ns=np.full(MESSAGES, 5),
        stored_ns=np.full(MESSAGES, 6),
        outcome=np.zeros_like(ids),
        said=np.zeros_like(ids),
    )
    fill = driven(due_ns, [laid], 0)
    due = (ids >= FIRST - 1) & (ids < LAST)
    seen = dict(zip(passes(len(each)), each, strict=True))
    own = {
        name: seen_by(some_of(fill, due), renumbered(records, due), 0)
        for name, records in seen.items()
    }
    evidence = Evidence(
        tables={FILL: fill, **own}, drivers={}, observers=seen, held=None, start_ns=0
    )
    return audited(cell(1, load=load), TRAFFIC, evidence)


def counts(*records: ConsumerRecord) -> dict[str, int]:
    return dict(judged(*records).counts[REPLAY])


WINDOW = list(range(FIRST, LAST + 1))
SOUND = {"outstanding": 0, "passed_over": 0, "outside": 0, "misfolded": 0}


def test_a_sound_one_holds() -> None:
    assert counts(record(WINDOW)) == SOUND
    assert not judged(record(WINDOW)).findings


def test_what_it_passed_over_is_told_and_no_fault() -> None:
    assert counts(record(WINDOW, [LAST + 1, LAST + 2])) == {**SOUND, "passed_over": 2}


@pytest.mark.parametrize("beyond", [FIRST - 1, LAST + 1])
def test_a_bound_that_is_off_by_one_is_found(beyond: int) -> None:
    found = counts(record(sorted([*WINDOW, beyond])))

    assert found["outside"] == 1
    assert found["outstanding"] == 0


@pytest.mark.parametrize("missing", [FIRST, LAST, 25])
def test_an_event_that_was_skipped_is_found(missing: int) -> None:
    assert counts(record([seq for seq in WINDOW if seq != missing]))["outstanding"] == 1


def test_a_repeat_of_an_early_event_behind_later_ones_is_found() -> None:
    """Whoever keeps what came last of each subject is at an old state then."""
    found = judged(record([*WINDOW, FIRST]))

    assert found.counts[REPLAY] == {**SOUND, "misfolded": 1}
    assert "was not the last to be handled of e." in found.findings[0].text


def test_a_repeat_at_once_is_harmless() -> None:
    assert counts(record([FIRST, *WINDOW])) == SOUND


def test_two_processes_are_one_replay() -> None:
    """By when each event was handled, whoever did it."""
    first, second = record(WINDOW[::2]), record(WINDOW[1::2])
    later = replace(second, handled_ns=second.handled_ns + 1)

    assert counts(first, later) == SOUND
    much_later = replace(first, handled_ns=first.handled_ns + 10**6)
    assert counts(much_later, second)["misfolded"] > 0


def test_what_never_was_handled_is_no_state() -> None:
    received = record(WINDOW)
    silent = replace(received, handled_ns=np.full(len(WINDOW), NEVER))

    assert counts(silent) == {**SOUND, "outstanding": len(WINDOW), "misfolded": 3}


def test_what_the_drain_brings_was_late() -> None:
    """The window is the longest that a replay may take."""
    record_ = record(WINDOW)
    late_ns = record_.handled_ns.copy()
    late_ns[-2:] = 3 * 10**9 + 1

    assert counts(replace(record_, handled_ns=late_ns))["outstanding"] == 2


def test_what_is_handled_and_never_acknowledged_is_not_done() -> None:
    """The server brings it again, to whoever takes up the work."""
    record_ = record(WINDOW)
    acked_ns = record_.acked_ns.copy()
    acked_ns[:3] = NEVER

    assert counts(replace(record_, acked_ns=acked_ns)) == {**SOUND, "outstanding": 3}


TWICE = LOAD.model_copy(update={"replay": LOAD.replay.model_copy(update={"times": 2})})


def second(records: Sequence[ConsumerRecord], first: Sequence[ConsumerRecord]) -> dict[str, int]:
    return dict(judged_passes(TWICE, first, records).counts["replay_2"])


def test_two_times_that_come_to_the_same_state_hold() -> None:
    assert second([record(WINDOW)], [record(WINDOW)]) == {**SOUND, "state_differs": 0}
    assert not judged_passes(TWICE, [record(WINDOW)], [record(WINDOW)]).findings


def test_a_repeat_of_an_event_changes_no_count() -> None:
    """Whoever handles at least once counts what it knows, not how often it came."""
    assert second([record([FIRST, *WINDOW])], [record(WINDOW)])["state_differs"] == 0


def test_a_second_time_that_skips_an_event_amid_the_window_comes_to_another_count() -> None:
    """The last event is the same, and yet somebody counted one less."""
    found = judged_passes(TWICE, [record(WINDOW)], [record([s for s in WINDOW if s != 25])])

    assert found.counts["replay_2"] == {**SOUND, "outstanding": 1, "state_differs": 1}
    assert found.counts[REPLAY] == SOUND
    assert "replay_2: its state is not that of the first time in e." in found.findings[0].text


def test_a_second_time_in_another_order_comes_to_another_state() -> None:
    assert second([record([*WINDOW, FIRST])], [record(WINDOW)])["state_differs"] == 1


def test_a_second_time_that_never_began_is_no_equal_one() -> None:
    found = second([record([])], [record(WINDOW)])

    assert found["outstanding"] == len(WINDOW)
    assert found["state_differs"] == found["misfolded"] == 3


def test_a_bound_that_is_off_by_one_is_found_at_each_time_by_itself() -> None:
    found = judged_passes(TWICE, [record([*WINDOW, LAST + 1])], [record(WINDOW)])

    assert found.counts[REPLAY]["outside"] == 1
    assert found.counts["replay_2"]["outside"] == 0


MS = 10**6


def paced(*received_ms: float, sent_ms: Sequence[float] = (0, 10, 20, 30)) -> MessageTable:
    """Messages that were stored 10 ms apart, each within a ms, and came so long after a release."""
    sent_ns = np.array(sent_ms) * MS
    release_ns = np.full(4, 5 * 10**9)
    table = driven(release_ns, [], 0)
    return replace(
        table,
        sent_ns=sent_ns.astype(np.int64),
        stored_ns=(sent_ns + MS).astype(np.int64),
        received_ns=release_ns + (np.array(received_ms) * MS).astype(np.int64),
    )


def test_a_replay_that_keeps_the_pace_neither_hurries_nor_trails() -> None:
    table = paced(2, 12, 22, 32)

    assert hurried(table) == trailing(table) == 0


def test_a_replay_that_takes_no_time_hurries() -> None:
    """The first message is due at the release: it cannot come too soon."""
    assert hurried(paced(1, 1.1, 1.2, 1.3)) == 3


def test_a_first_message_that_comes_late_hides_whether_the_others_hurried() -> None:
    """All come at once, 40 ms after the release, of what took 30 ms: none could come sooner."""
    assert hurried(paced(40, 40.1, 40.2, 40.3)) == UNKNOWN
    assert hurried(paced(15, 15.1, 15.2, 15.3)) == 2  # what was due 20 and 30 ms after it


def test_what_storing_may_have_taken_is_no_hurry() -> None:
    """A message was stored between handing it over and its PubAck, a ms later here."""
    assert hurried(paced(0.5, 9, 19, 29)) == 0
    assert hurried(paced(0.5, 8.9, 19, 29)) == 1


def test_a_replay_that_takes_much_longer_trails() -> None:
    assert trailing(paced(2, 12, 22, 200)) == 1
    assert trailing(paced(2, 12, 22, 130)) == 0


def test_of_a_first_message_that_never_came_no_pace_is_known() -> None:
    table = paced(2, 12, 22, 32)
    nothing = np.full(4, NOT_YET)

    assert hurried(replace(table, stored_ns=nothing)) == UNKNOWN
    assert hurried(replace(table, received_ns=nothing)) == UNKNOWN
    assert trailing(replace(table, received_ns=nothing)) == UNKNOWN
