"""Answers to commands: done with a version, outdated, failed, or nobody there."""

import pytest

from bench.clients.commands import DONE, FAILED, OUTDATED, SAID_OUTDATED, said_of
from bench.clients.faults import Faults
from bench.clients.port import Outcome
from bench.clients.wire.commands import Commands
from bench.clients.wire.parse import Message
from tests.clients.wire.links import messages
from tests.clients.wire.test_gets import Told
from tests.clients.wire.test_requests import STATUS_503


@pytest.mark.parametrize(
    ("payload", "said"),
    [
        (b"+%016d" % 12, 12),
        (OUTDATED, SAID_OUTDATED),
        (FAILED, 0),
        (b"", 0),
        (DONE, 0),
        (b"+x", 0),
        (b"-5", 0),
        (b"12", 0),
    ],
)
def test_an_answer_says_what_became_of_a_command(payload: bytes, said: int) -> None:
    """And anything else is none."""
    assert said_of(payload) == said


def test_each_command_has_its_own_answer() -> None:
    """Done and outdated are answers; a failure is none, and is told."""
    told = Told()
    made = Commands(messages(4, subjects=("c",)), b"_INBOX.me", told, Faults(), 10**9)
    answers = {0: b"+%016d" % 3, 1: OUTDATED, 2: FAILED}
    for position, payload in answers.items():
        subject = b"_INBOX.me.%016d" % position
        assert made.plain(b"MSG", 1) == b"MSG"
        made.message(Message(subject, 1, b"", b"", payload), 9)
    made.message(Message(b"_INBOX.me.%016d" % 3, 1, b"", STATUS_503, b""), 9)

    assert told.answered == [0, 1]
    assert told.numbers == {0: 3, 1: SAID_OUTDATED}
    assert told.others == {2: Outcome.REFUSED, 3: Outcome.NO_RESPONDERS}
    assert "!" in told.reasons[2]
