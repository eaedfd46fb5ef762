"""The last look at a stream with a past: nothing of the past is counted or called present."""

import asyncio
import json
from typing import Any

import pytest

from bench.broker.admin import trial_names
from bench.engine.control import Control
from bench.engine.jobs import Watched
from bench.engine.losses import Backlog

CONSUMER = {
    "num_pending": 0,
    "num_ack_pending": 0,
    "num_redelivered": 0,
    "delivered": {"consumer_seq": 50, "stream_seq": 150},
    "ack_floor": {"stream_seq": 150},
}


class Answering:
    """A connection whose server holds a stream in this state; it notes who asks for deletes."""

    def __init__(self, **state: Any) -> None:
        self.state = state
        self.asked_deleted = 0

    async def request(self, subject: str, payload: bytes, timeout: float) -> Any:
        del timeout
        self.asked_deleted += b"deleted_details" in payload
        stream = {"config": {"storage": "file"}, "state": self.state}
        told: dict[str, Any] = CONSUMER if "CONSUMER" in subject else stream
        return type("Answer", (), {"data": json.dumps(told).encode()})


def look(client: Any, laid_seq: int = 100, laid_msgs: int = 70) -> Backlog:
    watched = Watched(
        part="consume",
        names=trial_names("run", 1),
        tracked=True,
        max_deliver=None,
        laid_seq=laid_seq,
        laid_msgs=laid_msgs,
    )
    return asyncio.run(Control(client, watched).final_look())


def whole(**changes: Any) -> Answering:
    """100 were laid, 30 of them are gone; a trial added 50."""
    state = {"messages": 120, "first_seq": 1, "last_seq": 150, "bytes": 1, "num_deleted": 30}
    return Answering(**(state | changes))


def test_a_trials_own_messages_begin_after_the_past() -> None:
    client = whole()

    found = look(client)

    assert found.stream_msgs == 50
    assert found.present is not None
    assert (found.present.first_seq, found.present.last_seq) == (101, 150)
    assert found.present.deleted_seqs == ()
    assert not client.asked_deleted


def test_many_gaps_of_the_past_hide_nothing() -> None:
    """More gaps than anybody asks for: as many messages as there must be say that all are there."""
    client = whole(messages=70_050, last_seq=100_050, num_deleted=30_000)

    found = look(client, laid_seq=100_000, laid_msgs=70_000)

    assert found.present is not None
    assert found.present.msgs == found.stream_msgs == 50


def test_an_own_message_that_is_gone_is_found() -> None:
    client = whole(messages=119, num_deleted=31, deleted=[*range(2, 32), 120])

    found = look(client)

    assert client.asked_deleted == 1
    assert found.present is not None
    assert found.present.deleted_seqs == (120,)
    assert found.present.msgs == 49


def test_a_past_that_was_driven_out_is_no_loss() -> None:
    found = look(whole(messages=60, first_seq=80, num_deleted=11, deleted=[*range(85, 96)]))

    assert found.present is not None
    assert found.present.msgs == found.stream_msgs == 50


def test_what_cannot_be_told_apart_is_not_said_to_be_there() -> None:
    """A message is gone, of the past or of the trial, among more gaps than a server lists."""
    client = whole(messages=70_049, last_seq=100_050, num_deleted=30_001)

    assert look(client, laid_seq=100_000, laid_msgs=70_000).present is None


@pytest.mark.parametrize("first_seq", [1, 40])
def test_a_fresh_stream_is_looked_at_as_ever(first_seq: int) -> None:
    found = look(whole(messages=51, first_seq=first_seq, num_deleted=0), laid_seq=0, laid_msgs=0)

    assert found.stream_msgs == 150
    assert found.present is not None
    assert found.present.first_seq == first_seq
