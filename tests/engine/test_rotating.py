"""Recorders whose rows are closed and given back know what the plain ones know."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench.clients.port import Delivered, Outcome
from bench.core.errors import MeasurementError
from bench.engine.recorder import (
    CONSUMER_COLUMNS,
    PUBLISHER_COLUMNS,
    ConsumeRecorder,
    PublishRecorder,
)
from bench.engine.rotating import RotatingConsumeRecorder, RotatingPublishRecorder
from bench.engine.segments import Consumed, Published
from bench.engine.sliding import Sliding

MESSAGES = 24
_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("send"), st.integers(1, 5)),
        st.tuples(st.just("stored"), st.lists(st.integers(0, MESSAGES), min_size=1, max_size=6)),
        st.tuples(st.just("run"), st.integers(0, MESSAGES)),
        st.tuples(st.just("refused"), st.integers(0, MESSAGES)),
        st.tuples(st.just("abandoned"), st.just(0)),
        st.tuples(st.just("close"), st.just(0)),
    ),
    max_size=40,
)


def _counts(recorder: PublishRecorder) -> tuple[object, ...]:
    return recorder.again, recorder.settled, recorder.stored_msgs, recorder.refusals


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=_STEPS)
def test_a_publisher_knows_the_same(tmp_path: Path, steps: list[tuple[str, Any]]) -> None:
    plain = PublishRecorder(np.arange(MESSAGES), tmp_path / "plain.npy")
    rotating = RotatingPublishRecorder(MESSAGES, tmp_path / "rotating.npy", ahead=4)
    reader = Published(tmp_path / "rotating.npy", share=0, shares=1)
    sent = 0
    found = {
        name: np.zeros(MESSAGES, dtype=np.int64) for name in ("sent_ns", "stored_ns", "outcome")
    }
    for now, (what, which) in enumerate(steps, start=1):
        if what == "close":
            _take(found, reader, rotating.close(sent))
        for each in (plain, rotating):
            if what == "send":
                each.sent(sent, min(MESSAGES, sent + which), now)
            elif what == "abandoned":
                each.abandoned(sent)
            elif what == "refused" and which < sent:
                each.refused(which, "no", Outcome.REFUSED)
            elif what == "stored" and (known := [p for p in which if p < sent]):
                each.stored(np.array(known), now)
            elif what == "run" and which < sent:
                each.stored(range(which, sent), now)
        sent = min(MESSAGES, sent + which) if what == "send" else sent
        assert _counts(plain) == _counts(rotating)
    _take(found, reader, None)
    wanted = dict(zip(PUBLISHER_COLUMNS, np.load(tmp_path / "plain.npy"), strict=True))
    assert found["sent_ns"].tolist() == wanted["sent_ns"].tolist()
    assert found["stored_ns"].tolist() == wanted["stored_ns"].tolist()
    unanswered = wanted["stored_ns"] == 0  # of others nobody asks for what came besides
    assert found["outcome"][unanswered].tolist() == wanted["outcome"][unanswered].tolist()


def _take(found: dict[str, Any], reader: Published, closed: Any) -> None:
    news = reader.read(closed)
    for name, column in found.items():
        column[news.record.ids] = getattr(news.record, name)
    found["stored_ns"][news.stored_ids] = news.stored_ns
    found["outcome"][news.outcome_ids] = news.outcome


@pytest.mark.parametrize("acks", [True, False])
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_consumer_knows_the_same(tmp_path: Path, *, acks: bool, data: st.DataObject) -> None:
    plain = ConsumeRecorder(MESSAGES, tmp_path / "plain.npy")
    rotating = RotatingConsumeRecorder(MESSAGES, tmp_path / "rotating.npy", acks=acks, ahead=4)
    reader = Consumed(tmp_path / "rotating.npy")
    came, unhandled, unacked = 0, set[int](), set[int]()
    rows: list[Any] = []
    late: list[tuple[int, int, int, int]] = []
    for now in range(1, data.draw(st.integers(1, 30))):
        match data.draw(st.sampled_from(["take", "handle", "ack", "close"])):
            case "take":
                count = data.draw(st.integers(1, 5))
                ids = np.array([data.draw(st.integers(-1, MESSAGES)) for _ in range(count)])
                block = Delivered(
                    received_ns=np.full(count, now),
                    ids=ids,
                    stream_seqs=np.arange(came, came + count) + 1,
                    deliveries=np.ones(count, dtype=np.int64),
                )
                positions = [each.take(block) for each in (plain, rotating)]
                assert positions[0].tolist() == positions[1].tolist()
                unhandled |= {*range(came, came + count)}
                unacked |= {*range(came, came + count)} if acks else set()
                came += count
            case "handle" if unhandled:
                chosen = data.draw(st.sets(st.sampled_from(sorted(unhandled)), min_size=1))
                unhandled -= chosen
                for each in (plain, rotating):
                    each.handled_at(np.array([*chosen]), now)
            case "ack" if unacked:
                chosen = data.draw(st.sets(st.sampled_from(sorted(unacked)), min_size=1))
                order = np.array([*chosen])
                assert plain.seqs_of(order).tolist() == rotating.seqs_of(order).tolist()
                assert plain.told(order)[0].tolist() == rotating.told(order)[0].tolist()
                assert plain.told(order)[1].tolist() == rotating.told(order)[1].tolist()
                unacked -= chosen
                for each in (plain, rotating):
                    each.acked_at(order, now + np.arange(order.size))
            case "close":
                _taken(reader, rotating.close(), rows, late)
    _taken(reader, None, rows, late)
    assert (plain.received, plain.handled, plain.acked) == (
        rotating.received,
        rotating.handled,
        rotating.acked,
    )
    wanted = np.load(tmp_path / "plain.npy")[:, :came]
    found = np.concatenate([np.empty((len(CONSUMER_COLUMNS), 0), dtype=np.int64), *rows], axis=1)
    for message, seq, column, value in late:
        row = int(np.flatnonzero(found[1] == seq)[0])
        assert found[0, row] == message
        found[column, row] = value
    assert found.tolist() == wanted.tolist()


def _taken(reader: Consumed, closed: Any, rows: list[Any], late: list[Any]) -> None:
    news = reader.read(closed)
    rows.append(np.stack([getattr(news.record, name) for name in CONSUMER_COLUMNS]))
    for column, told in ((4, news.handled), (5, news.acked)):
        late += [
            (*each[:2], column, each[2])
            for each in zip(told.ids.tolist(), told.seqs.tolist(), told.at_ns.tolist(), strict=True)
        ]


def test_what_was_read_takes_no_room(tmp_path: Path) -> None:
    path = tmp_path / "publisher.npy"
    recorder = RotatingPublishRecorder(10**9, path, ahead=100_000)
    reader = Published(path, share=0, shares=1)
    for stop in range(100_000, 1_000_001, 100_000):
        recorder.sent(stop - 100_000, stop, stop)
        recorder.stored(range(stop - 100_000, stop), stop + 1)
        assert (reader.read(recorder.close(stop)).record.stored_ns == stop + 1).all()
        assert path.stat().st_blocks * 512 < 12_000_000, "it keeps what was read"


def test_what_stands_beside_what_was_read_does_not_bring_it_back(tmp_path: Path) -> None:
    """A page may be larger than a stretch; whoever writes in it has all of it on the disk."""
    path = tmp_path / "publisher.npy"
    recorder = RotatingPublishRecorder(10**9, path, ahead=20_000)
    reader = Published(path, share=0, shares=1)
    for first in range(0, 8_000_000, 20_000):
        recorder.sent(first, first + 20_000, 1)
        recorder.stored(range(first, first + 20_000), 2)
        reader.read(recorder.close(first + 20_000))
        os.sync()
    left = path.stat().st_blocks * 512
    assert left < 16_000_000, f"{left} of 128 million bytes are there still"


def test_rows_that_are_gone_before_they_were_read_are_told(tmp_path: Path) -> None:
    path = tmp_path / "publisher.npy"
    recorder = RotatingPublishRecorder(1_000, path, ahead=1_000)
    reader = Published(path, share=0, shares=1)
    recorder.sent(0, 1_000, 1)
    closed = recorder.close(1_000)
    Sliding(path, (0, 0), "r+").release(400, 500)

    with pytest.raises(MeasurementError, match="gone"):
        reader.read(closed)
