"""What workers write down: exact, bounded, and still there when the worker is not."""

import multiprocessing
import os
import signal
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.clients.port import Delivered, IntArray
from bench.engine.recorder import (
    NEVER,
    ConsumeRecorder,
    PublishRecorder,
    load_consumer,
    load_publisher,
)


def ints(*values: int) -> IntArray:
    return np.array(values, dtype=np.int64)


def block(ids: IntArray, received_ns: int) -> Delivered:
    return Delivered(
        received_ns=np.full_like(ids, received_ns),
        ids=ids,
        stream_seqs=ids + 1,
        deliveries=np.ones_like(ids),
    )


@given(
    blocks=st.lists(
        st.one_of(
            st.lists(st.integers(0, 19), min_size=1, max_size=8),
            st.builds(lambda at, size: range(at, at + size), st.integers(0, 9), st.integers(0, 9)),
        ),
        max_size=12,
    ),
    as_array=st.booleans(),
)
def test_each_message_settles_once_however_answers_come(
    tmp_path_factory: pytest.TempPathFactory, blocks: list[Sequence[int]], as_array: bool
) -> None:
    """In order or not, and twice in one block: of two services that both answer, say."""
    recorder = PublishRecorder(np.arange(20), tmp_path_factory.mktemp("r") / "p.npy")
    for turn, positions in enumerate(blocks, start=1):
        told = ints(*positions) if as_array and isinstance(positions, list) else positions
        recorder.stored(told, turn)

    came = [position for positions in blocks for position in positions]
    firsts = {at: turn for turn, positions in reversed([*enumerate(blocks, 1)]) for at in positions}
    assert recorder.stored_msgs == recorder.settled == len(set(came))
    assert recorder.again == len(came) - len(set(came))
    assert recorder._stored_ns.tolist() == [firsts.get(at, NEVER) for at in range(20)]


def test_a_second_puback_changes_nothing(tmp_path: Path) -> None:
    """The first answer is the instant that counts, and a message settles once."""
    recorder = PublishRecorder(ints(7, 8), tmp_path / "p.npy")

    recorder.stored((0,), 100)
    recorder.stored(ints(0, 1), 200)

    record = load_publisher(tmp_path / "p.npy")
    assert record.stored_ns.tolist() == [100, 200]
    assert (recorder.stored_msgs, recorder.settled) == (2, 2)


def test_refusals_settle_and_keep_their_distinct_reasons(tmp_path: Path) -> None:
    """A thousand equal errors are one line in the findings."""
    recorder = PublishRecorder(ints(0, 1, 2), tmp_path / "p.npy")

    for position, reason in enumerate(["full", "too large", "full"]):
        recorder.refused(position, reason)

    assert recorder.refusals == ("full (2 times)", "too large")
    assert (recorder.settled, recorder.stored_msgs) == (3, 0)
    assert load_publisher(tmp_path / "p.npy").outcome.tolist() == [1, 1, 1]


def test_a_flood_of_different_refusals_stays_short(tmp_path: Path) -> None:
    """16 000 distinct texts cost 246 µs each, and made a finding of 565 kB."""
    recorder = PublishRecorder(ints(*range(3000)), tmp_path / "p.npy")

    for position in range(1000):
        recorder.refused(position, f"wrong last sequence: {position} (10071)")
        recorder.refused(position + 1000, chr(0x4E00 + position) * 1000)
        recorder.refused(position + 2000, f"wrong last sequence: {position} (10071)")

    first, *others = recorder.refusals
    assert first == "wrong last sequence: 0 (10071) (2000 times, with other numbers)"
    assert len(others) == 20
    assert others[-1] == "981 of other kinds"
    assert max(map(len, others)) == 200
    assert recorder.settled == 3000


def test_what_a_break_abandons_frees_the_window_and_stays_unanswered(tmp_path: Path) -> None:
    """The publisher must go on, and the ledger must not call lost answers stored or refused."""
    recorder = PublishRecorder(ints(0, 1, 2, 3, 4), tmp_path / "p.npy")
    recorder.sent(0, 5, 50)
    recorder.stored((0,), 60)
    recorder.refused(1, "full")

    recorder.abandoned(4)
    recorder.abandoned(4)

    record = load_publisher(tmp_path / "p.npy")
    assert recorder.settled == 4
    assert record.stored_ns.tolist() == [60, 0, 0, 0, 0]
    assert record.outcome.tolist() == [0, 1, 0, 0, 0]


def test_an_answer_after_a_break_counts_once(tmp_path: Path) -> None:
    """The server may still answer on the new connection; the window must not grow by it."""
    recorder = PublishRecorder(ints(0, 1, 2, 3), tmp_path / "p.npy")
    recorder.sent(0, 4, 50)
    recorder.abandoned(3)

    recorder.stored(ints(0, 3), 70)
    recorder.refused(1, "full")

    assert (recorder.settled, recorder.stored_msgs) == (4, 2)


def test_whoever_waits_for_answers_hears_of_a_break(tmp_path: Path) -> None:
    """A publisher with a full window would otherwise sleep to the end of the drain."""

    recorder = PublishRecorder(ints(0, 1, 2), tmp_path / "p.npy")
    calls: list[int] = []
    recorder.sent(0, 3, 50)
    recorder.when_settled(2, lambda: calls.append(recorder.settled))

    recorder.stored((0,), 60)
    recorder.caught_up()
    assert calls == []

    recorder.abandoned(3)
    recorder.caught_up()
    recorder.caught_up()
    assert calls == [3]


@given(
    answers=st.lists(st.lists(st.integers(0, 19), min_size=1, max_size=30), max_size=6),
    as_array=st.booleans(),
)
def test_the_first_answer_counts_in_whatever_order_they_come(
    tmp_path_factory: "object", answers: list[list[int]], as_array: bool
) -> None:
    """Rows in order are written as a slice, others one by one: the record must not tell which."""
    path = tmp_path_factory.mktemp("stored") / "p.npy"  # type: ignore[attr-defined]
    recorder = PublishRecorder(np.arange(20), path)
    first: dict[int, int] = {}

    for instant, positions in enumerate(answers, start=1):
        recorder.stored(ints(*positions) if as_array else positions, instant)
        for position in positions:
            first.setdefault(position, instant)

    expected = [first.get(position, NEVER) for position in range(20)]
    assert load_publisher(path).stored_ns.tolist() == expected
    assert recorder.stored_msgs == len(first)
    assert recorder.again == sum(map(len, answers)) - len(first)


def test_two_answers_that_come_together_are_two(tmp_path: Path) -> None:
    """Whoever answers twice at once is read in one piece: that is two answers all the same."""
    read: list[IntArray | list[int]] = [[1, 1], ints(1, 2, 1), [0, 1, 1]]
    for number, answers in enumerate(read):
        recorder = PublishRecorder(ints(*range(4)), tmp_path / f"{number}.npy")
        recorder.stored(answers, 60)

        assert recorder.again == 1
        assert recorder.settled == len(set(np.asarray(answers).tolist()))


def test_an_answer_after_a_refusal_is_a_second_one(tmp_path: Path) -> None:
    """Error and answer, answer and error, error and error: each has one answer too many."""
    recorder = PublishRecorder(ints(*range(4)), tmp_path / "p.npy")
    recorder.refused(0, "full")
    recorder.stored((0,), 60)
    recorder.stored((1,), 60)
    recorder.refused(1, "full")
    recorder.refused(2, "full")
    recorder.refused(2, "full")

    assert (recorder.again, recorder.settled, recorder.stored_msgs) == (3, 3, 2)


def test_what_was_refused_before_a_break_was_not_given_up_by_it(tmp_path: Path) -> None:
    """An answer to it takes back no giving up: the window would never be empty."""
    recorder = PublishRecorder(ints(*range(3)), tmp_path / "p.npy")
    recorder.sent(0, 3, 50)
    recorder.refused(0, "full")
    recorder.abandoned(3)
    recorder.stored((0,), 60)

    assert recorder.settled == 3


def test_a_publisher_without_a_share_has_an_empty_record(tmp_path: Path) -> None:
    """Sixteen publishers and three messages: most have nothing to do."""
    PublishRecorder(ints(), tmp_path / "p.npy")

    assert load_publisher(tmp_path / "p.npy").ids.size == 0


@given(sizes=st.lists(st.integers(1, 40), max_size=12))
def test_more_deliveries_than_planned_are_all_kept(
    tmp_path_factory: "object", sizes: list[int]
) -> None:
    """Redeliveries exceed the plan; the record grows rather than lose them."""
    path = tmp_path_factory.mktemp("grow") / "c.npy"  # type: ignore[attr-defined]
    recorder = ConsumeRecorder(3, path)
    expected: list[int] = []

    for size in sizes:
        positions = recorder.take(block(np.arange(size, dtype=np.int64), 50))
        expected += positions.tolist()
        recorder.acked_at(positions, 60)

    record = load_consumer(path)
    assert expected == list(range(sum(sizes)))
    assert record.ids.size == sum(sizes)
    assert (record.acked_ns == 60).all()
    assert (record.handled_ns == NEVER).all()


def _record_and_die(path: Path) -> None:
    recorder = ConsumeRecorder(10, path)
    recorder.handled_at(recorder.take(block(ints(4, 5), 77)), 88)
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_killed_worker_leaves_what_it_saw(tmp_path: Path) -> None:
    """Nothing measured is lost with the process that measured it."""
    path = tmp_path / "c.npy"
    process = multiprocessing.get_context("spawn").Process(target=_record_and_die, args=(path,))
    process.start()
    process.join(60)

    record = load_consumer(path)
    assert process.exitcode == -signal.SIGKILL
    assert record.ids.tolist() == [4, 5]
    assert record.received_ns.tolist() == [77, 77]
    assert record.handled_ns.tolist() == [88, 88]
    assert record.acked_ns.tolist() == [NEVER, NEVER]


def test_deliveries_one_by_one_are_noted_like_those_of_a_block(tmp_path: Path) -> None:
    """Beyond the room that was planned, too: redeliveries come on top."""
    recorder = ConsumeRecorder(2, tmp_path / "consumer.npy")

    positions = [recorder.take_one(100 + at, at, 10 + at, 1 + at) for at in range(5)]

    record = load_consumer(tmp_path / "consumer.npy")
    assert positions == record.ids.tolist() == [0, 1, 2, 3, 4]
    assert record.received_ns.tolist() == [100, 101, 102, 103, 104]
    assert record.stream_seqs.tolist() == [10, 11, 12, 13, 14]
    assert record.deliveries.tolist() == [1, 2, 3, 4, 5]
    assert recorder.received == 5


def test_only_answers_to_what_was_given_up_take_a_giving_up_back(tmp_path: Path) -> None:
    """Positions 0 to 2 were abandoned; 3 was sent on the new connection and settles of its own."""
    recorder = PublishRecorder(ints(*range(6)), tmp_path / "p.npy")
    recorder.sent(0, 3, 50)
    recorder.abandoned(3)

    recorder.stored(ints(3), 70)
    assert recorder.settled == 4

    recorder.stored(ints(2), 80)
    assert recorder.settled == 4  # one more stored, one fewer given up

    recorder.stored((0, 1), 90)
    assert (recorder.settled, recorder.stored_msgs) == (4, 4)


def test_a_later_break_gives_up_only_what_came_after_the_earlier_one(tmp_path: Path) -> None:
    """Two breaks, the second short of the first: none of the three is given up twice."""
    recorder = PublishRecorder(ints(*range(6)), tmp_path / "p.npy")
    recorder.sent(0, 6, 50)

    recorder.abandoned(3)
    recorder.abandoned(1)
    recorder.abandoned(3)
    assert recorder.settled == 3

    recorder.stored(ints(4), 60)
    recorder.abandoned(6)
    assert recorder.settled == 6

    recorder.refused(1, "full")
    assert (recorder.settled, recorder.stored_msgs) == (6, 1)


def test_a_refusal_after_a_break_takes_a_giving_up_back_but_no_more(tmp_path: Path) -> None:
    """Position 2 is answered where nothing of it had been given up."""
    recorder = PublishRecorder(ints(*range(4)), tmp_path / "p.npy")
    recorder.sent(0, 4, 50)
    recorder.abandoned(2)

    recorder.refused(2, "full")
    assert recorder.settled == 3

    recorder.refused(1, "full")
    assert recorder.settled == 3


def test_whoever_waits_is_called_at_exactly_so_many_answers(tmp_path: Path) -> None:
    """One too early overfills the window, one too late leaves a publisher asleep."""
    recorder = PublishRecorder(ints(*range(4)), tmp_path / "p.npy")
    calls: list[int] = []
    recorder.when_settled(2, lambda: calls.append(recorder.settled))

    recorder.stored((0,), 60)
    recorder.caught_up()
    recorder.refused(1, "full")
    recorder.caught_up()
    recorder.stored((2,), 60)
    recorder.caught_up()

    assert calls == [2]


def consumed(path: Path, ids: IntArray) -> ConsumeRecorder:
    """A recorder of deliveries of these messages, none of them handled yet."""
    recorder = ConsumeRecorder(ids.size, path)
    recorder.take(block(ids, 1_000))
    return recorder


def test_the_recent_figure_is_the_p99_from_due_to_acked(tmp_path: Path) -> None:
    """101 messages due at 10, 20, ... and acked 1000 to 1100 ns later: rank 99 of 0 to 100."""
    due_ns = 10 * np.arange(1, 102)
    recorder = consumed(tmp_path / "c.npy", np.arange(101))
    recorder.handled_at(np.arange(101), 5)

    recorder.acked_at(np.arange(101), due_ns + 1000 + np.arange(101))

    assert recorder.recent_ns_p99(due_ns) == 1099


def test_where_nothing_is_acked_the_recent_figure_ends_at_the_handler(tmp_path: Path) -> None:
    """A variant without acks has no acked instants, and someone watches it all the same."""
    recorder = consumed(tmp_path / "c.npy", np.arange(200))

    recorder.handled_at(np.arange(200), 700)

    assert recorder.recent_ns_p99(np.full(200, 200)) == 500


def test_fewer_than_a_hundred_recent_deliveries_are_no_figure(tmp_path: Path) -> None:
    """A hundred are the least of which one in a hundred is one; and what is not done is none."""
    due_ns = np.full(200, 200)
    recorder = consumed(tmp_path / "c.npy", np.arange(200))

    recorder.acked_at(np.arange(99), 300)
    assert recorder.recent_ns_p99(due_ns) == -1

    recorder.acked_at(ints(150), 300)
    assert recorder.recent_ns_p99(due_ns) == 100


def test_the_recent_figure_forgets_what_is_a_thousand_deliveries_old(tmp_path: Path) -> None:
    """A slow start must not be shown for minutes."""
    recorder = consumed(tmp_path / "c.npy", np.arange(1020))
    recorder.acked_at(np.arange(20), 10**9)  # all of them beyond p99, had they counted

    recorder.acked_at(np.arange(20, 1020), 300)

    assert recorder.recent_ns_p99(np.full(1020, 200)) == 100


def test_deliveries_of_unknown_messages_are_in_no_recent_figure(tmp_path: Path) -> None:
    """Neither those without an id nor those that are not of this trial's schedule."""
    recorder = consumed(tmp_path / "c.npy", np.r_[np.arange(100), [-1] * 50, [100] * 50])
    recorder.acked_at(np.arange(100), 300)
    recorder.acked_at(np.arange(100, 200), 10**9)

    assert recorder.recent_ns_p99(np.full(100, 200)) == 100


def test_what_the_first_answer_said_stays(tmp_path: Path) -> None:
    """In a later block, within one, in order or not: else an old value passes for a fresh one."""
    recorder = PublishRecorder(np.arange(4), tmp_path / "p.npy")
    recorder.said(range(2), ints(10, 11))
    recorder.stored(range(2), 1)
    recorder.said(ints(3, 1, 3, 0), ints(13, 99, 98, 97))
    recorder.stored(ints(3, 1, 3, 0), 2)
    recorder.said(range(1, 3), ints(96, 12))
    recorder.stored(range(1, 3), 3)

    found = load_publisher(tmp_path / "p.npy")
    assert found.said.tolist() == [10, 11, 12, 13]
    assert found.stored_ns.tolist() == [1, 1, 3, 2]
    assert recorder.again == 4
