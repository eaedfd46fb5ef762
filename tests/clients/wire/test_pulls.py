"""When a pull link asks, and what each answer of the server means."""

import json
from typing import Any

import pytest

from bench.clients.faults import Faults
from bench.clients.wire.parse import Message, Status, next_frame
from bench.clients.wire.pulls import (
    FAULT_PAUSE_NS,
    LOST_AFTER_NS,
    NO_WAIT_PAUSE_NS,
    PullRequests,
)
from tests.clients.wire.links import binding

EXPIRES_NS = 2 * 10**9
"""What `binding` asks for."""


class Asking:
    """Pull requests of a batch of 10, and the reply subjects that were used."""

    def __init__(self, **changes: Any) -> None:
        self.faults = Faults()
        bound = binding("S", batch=10, **changes)
        self.pulls = PullRequests(bound, b"in", self.faults)

    def due(self, now_ns: int = 0) -> list[Message]:
        """Return the requests that are sent now, as the server reads them."""
        # A PUB frame differs from a MSG frame by the verb and the missing sid.
        data = self.pulls.due(now_ns).replace(b"PUB $JS", b"MSG $JS")
        requests, at = [], 0
        while at < len(data):
            subject, rest = data[at + 4 :].split(b" ", 1)
            found = next_frame(b"MSG " + subject + b" 0 " + rest, 0)
            assert found is not None
            frame, end = found
            assert isinstance(frame, Message)
            requests.append(frame)
            at += end - 2
        return requests

    def end(self, request: Message, code: int, text: str = "", now_ns: int = 0) -> None:
        """Answer a request with a status."""
        sid = int(request.reply.split(b".")[1])
        self.pulls.ended(request.reply, sid, Status(code, text, {}), now_ns)


def test_a_request_says_batch_and_expiry() -> None:
    """By hand, as ADR-13 writes it; what is not set is left out, for older servers."""
    (request,) = Asking().due()

    assert request.subject == b"$JS.API.CONSUMER.MSG.NEXT.S.c"
    assert json.loads(request.payload) == {"batch": 10, "expires": EXPIRES_NS}


def test_a_request_says_all_that_is_set() -> None:
    """The names are the server's, the times are nanoseconds."""
    asking = Asking(no_wait=True, max_bytes=5, idle_heartbeat_ns=7, group="g")

    (request,) = asking.due()

    assert json.loads(request.payload) == {
        "batch": 10,
        "expires": EXPIRES_NS,
        "no_wait": True,
        "max_bytes": 5,
        "idle_heartbeat": 7,
        "group": "g",
    }


def test_one_request_is_open_until_its_batch_is_full() -> None:
    """Asking on would bring more than a batch."""
    asking = Asking()
    asking.due()

    asking.pulls.received([b"1"] * 9, 0)
    assert asking.due() == []

    asking.pulls.received([b"1"], 0)
    assert len(asking.due()) == 1


def test_each_request_counts_its_own_messages() -> None:
    """Two requests fill at different speed; a full one is replaced, the other stays."""
    asking = Asking(requests=2)
    first, second = asking.due()

    asking.pulls.received([b"1"] * 3 + [b"2"] * 10, 0)
    (third,) = asking.due()

    assert first.reply != second.reply
    assert third.reply.startswith(b"in.2.")


def test_requests_served_in_turns_count_their_own_messages() -> None:
    """As a server serves many that wait: one message each, again and again."""
    asking = Asking(requests=8)
    asking.due()

    asking.pulls.received([b"%d" % sid for sid in range(1, 9)] * 9 + [b"3", b"7"], 0)

    assert sorted(request.reply.split(b".")[1] for request in asking.due()) == [b"3", b"7"]


@pytest.mark.parametrize(
    ("code", "text"),
    [(408, "Request Timeout"), (409, "Batch Completed")],
)
def test_an_ordinary_end_lets_it_ask_at_once(code: int, text: str) -> None:
    """These come all the time; a pause would cost throughput, a fault would cry wolf."""
    asking = Asking()
    (request,) = asking.due()

    asking.end(request, code, text)

    assert len(asking.due()) == 1
    assert asking.faults.words() == ()


@pytest.mark.parametrize(("code", "text"), [(404, "No Messages"), (408, "Requests Pending")])
def test_nothing_there_makes_it_wait_a_little(code: int, text: str) -> None:
    """Asking again at once would keep server and client busy with empty answers."""
    asking = Asking(no_wait=True)
    (request,) = asking.due()

    asking.end(request, code, text, now_ns=100)

    assert asking.due(now_ns=100 + NO_WAIT_PAUSE_NS - 1) == []
    assert asking.pulls.look_again_ns() == 100 + NO_WAIT_PAUSE_NS
    assert len(asking.due(now_ns=100 + NO_WAIT_PAUSE_NS)) == 1
    assert asking.faults.words() == ()


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (503, ""),
        (423, "Nats-Wrong-Pin-Id"),
        (409, "Exceeded MaxWaiting"),
        (409, "Leadership Change"),
        (409, "Server Shutdown"),
    ],
)
def test_a_passing_fault_is_noted_and_asked_again_later(code: int, text: str) -> None:
    """It may heal, but the report must show that it was there."""
    asking = Asking()
    (request,) = asking.due()

    asking.end(request, code, text, now_ns=5)

    assert asking.due(now_ns=5) == []
    assert len(asking.due(now_ns=5 + FAULT_PAUSE_NS)) == 1
    assert asking.faults.words() == (f"pull request: {code} {text}".rstrip(),)


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (400, "Bad Request - heartbeat value too large"),
        (409, "Consumer Deleted"),
        (409, "Consumer is push based"),
        (409, "Exceeded MaxRequestBatch of 5"),
        (409, "Exceeded MaxRequestExpires of 1s"),
        (409, "Exceeded MaxRequestMaxBytes of 1"),
        (409, "Message Size Exceeds MaxBytes"),
    ],
)
def test_what_asking_again_cannot_mend_is_hopeless(code: int, text: str) -> None:
    """The link then raises with these words."""
    asking = Asking()
    (request,) = asking.due()

    asking.end(request, code, text)

    assert asking.pulls.hopeless == f"pull request: {code} {text}"


def test_max_bytes_used_up_is_an_ordinary_end() -> None:
    """The same words as for a message that is too large; the difference is what came before."""
    asking = Asking(max_bytes=1000)
    (request,) = asking.due()

    asking.pulls.received([b"1"], 0)
    asking.end(request, 409, "Message Size Exceeds MaxBytes")

    assert asking.pulls.hopeless == ""
    assert len(asking.due()) == 1


def test_a_request_without_an_answer_is_lost_and_asked_again() -> None:
    """A request dies with the leader that held it; without this the trial would stand still."""
    asking = Asking()
    asking.due(now_ns=0)
    limit_ns = EXPIRES_NS + LOST_AFTER_NS

    assert asking.pulls.look_again_ns() == limit_ns
    assert asking.due(now_ns=limit_ns - 1) == []
    assert len(asking.due(now_ns=limit_ns)) == 1
    assert asking.faults.words() == ("pull request: lost without an answer, asked again",)


def test_heartbeats_keep_a_request_alive_and_their_absence_ends_it() -> None:
    """The server drops a request with heartbeats silently when too many wait."""
    asking = Asking(idle_heartbeat_ns=1000)
    asking.due(now_ns=0)

    asking.pulls.alive(1, now_ns=1900)
    assert asking.due(now_ns=3899) == []

    assert len(asking.due(now_ns=3900)) == 1


def test_a_request_without_a_limit_is_never_lost() -> None:
    """Without expiry and heartbeat the server may keep silent for as long as it likes."""
    asking = Asking(expires_ns=0)
    asking.due(now_ns=0)

    assert asking.due(now_ns=60 * 10**9) == []


def test_an_end_of_an_earlier_request_is_not_taken_for_the_present_one() -> None:
    """A lost request's status may still come; the one that replaced it is open."""
    asking = Asking()
    (lost,) = asking.due(now_ns=0)
    later_ns = EXPIRES_NS + LOST_AFTER_NS
    asking.due(now_ns=later_ns)

    asking.end(lost, 408, "Request Timeout", now_ns=later_ns)

    assert asking.due(now_ns=later_ns) == []


def test_a_pause_that_ends_while_nobody_looks_is_not_slept_through() -> None:
    """A process may be held up between asking and waiting; it once waited for ever."""
    asking = Asking()
    (request,) = asking.due(now_ns=0)
    asking.end(request, 503, now_ns=0)

    assert asking.due(now_ns=FAULT_PAUSE_NS - 1) == []
    assert asking.pulls.look_again_ns() == FAULT_PAUSE_NS


def test_a_broken_connection_takes_all_requests_with_it() -> None:
    """The server forgets the requests of a client that is gone."""
    asking = Asking(requests=2)
    asking.due()

    asking.pulls.forget()

    assert len(asking.due()) == 2


def test_who_is_pinned_says_so_until_it_is_told_that_it_is_no_more() -> None:
    """The name comes with what is delivered; who kept asking under an old one would get nothing."""
    asking = Asking(group="g", pinned=True)
    asking.pulls.pinned(b"HMSG s 1 5 5\r\nNATS/1.0\r\nNats-Pin-Id: first\r\n\r\n")
    (request,) = asking.due()
    assert json.loads(request.payload)["id"] == "first"

    asking.end(request, 423, "Nats-Wrong-Pin-Id")

    (request,) = asking.due()
    assert "id" not in json.loads(request.payload)
    assert not asking.faults.words()


def test_requests_that_bring_nothing_are_counted_whoever_ends_them() -> None:
    """The server ends one of four, silence another, a broken line the last; one brings one."""
    asking = Asking()
    (request,) = asking.due(now_ns=0)
    asking.pulls.received([b"1"], 0)
    asking.end(request, 408, "Request Timeout")
    assert (asking.pulls.asked, asking.pulls.empty) == (1, 0)

    (request,) = asking.due(now_ns=0)
    asking.end(request, 408, "Request Timeout")
    asking.due(now_ns=0)
    asking.due(now_ns=EXPIRES_NS + LOST_AFTER_NS)
    asking.pulls.forget()
    asking.pulls.forget()

    assert (asking.pulls.asked, asking.pulls.empty) == (4, 3)
