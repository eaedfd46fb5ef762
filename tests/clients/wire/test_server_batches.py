"""Atomic and fast batches, and one message at a time, on a real server: exact to the message."""

import asyncio

import pytest

from bench.broker.endpoint import Endpoint
from bench.clients.port import Messages
from bench.clients.wire.publish import WirePublisher
from bench.spec.variant import PublishSettings
from tests.clients.server import RealServer, client, make_stream, stream_state
from tests.clients.wire.links import Answers, messages, publish, publisher, run, send

pytestmark = pytest.mark.nats

COUNT = 2345
BOTH = {"allow_atomic": True, "allow_batched": True}
IDS = (("Nats-Msg-Id", "m-{id}"), ("Trace", "t{id}{id}"))


def how(mode: str, batch: int = 100, linger: str = "100ms", **more: str | int) -> PublishSettings:
    return PublishSettings.model_validate({"mode": mode, "batch": batch, "linger": linger, **more})


@pytest.mark.parametrize("mode", ["atomic", "fast"])
@pytest.mark.parametrize("batch", [1, 2, 100, 1000])
@pytest.mark.parametrize("headers", [(), IDS], ids=["plain", "headers"])
def test_every_message_of_a_batch_is_stored_as_it_was_meant(
    server: RealServer, mode: str, batch: int, headers: tuple[tuple[str, str], ...]
) -> None:
    """Whatever the batch, the stream holds each message once, in order, and each is confirmed."""
    chosen = messages(
        COUNT, subjects=("MANY.eu.created", "MANY.us"), sizes=(16, 128, 3000), headers=headers
    )

    async def work() -> None:
        async with client(server.url) as control:
            await make_stream(control, "MANY", storage="memory", **BOTH)
            answers = await publish(Endpoint(url=server.url), chosen, how(mode, batch))
            state = await stream_state(control, "MANY")
            stored = [await control.jetstream().get_msg("MANY", seq) for seq in (1, 101, COUNT)]

        assert answers.stored_positions == list(range(COUNT))
        assert answers.refusals == {}
        assert state["messages"] == COUNT
        for message in stored:
            position = (message.seq or 0) - 1
            template = chosen.payloads[chosen.payload_index[position]].content
            assert message.data == b"%016d" % position + template[16:]
            assert message.subject == chosen.subjects[chosen.subject_index[position]]
            kept = message.headers or {}
            assert all(kept[name] == text.format(id=f"{position:016d}") for name, text in headers)

    run(work)


async def drive(link: WirePublisher, count: int) -> list[int]:
    """Send as the engine does where batches wait; return up to where each block went."""
    stops = [0]
    while stops[-1] < count:
        while (blocked := link.blocked()) is not None:
            await blocked
        assert link.free_stop is not None
        stops.append(min(count, link.free_stop()))
        link.send(stops[-2], stops[-1])
    return stops[1:]


@pytest.mark.parametrize(
    ("mode", "more", "stops"),
    [
        ("atomic", {"ack_first": True}, [1, 11, 21, 25]),
        ("atomic", {"ack_first": True, "ack_every": 4}, [1, 4, 8, 11, 14, 18, 21, 24, 25]),
        ("atomic", {"ack_every": 6}, [6, 16, 25]),
        ("fast", {"ack_first": True}, [1, 25]),
    ],
)
def test_a_batch_that_waits_for_answers_goes_on_when_they_come(
    server: RealServer, mode: str, more: dict[str, int], stops: list[int]
) -> None:
    """Batches of ten: each message is stored once, whatever was waited for."""
    chosen = messages(25, subjects=("WAITS.a",))

    async def work() -> None:
        async with client(server.url) as control:
            await make_stream(control, "WAITS", **BOTH)
            settings = how(mode, batch=10, linger="5s", **more)
            async with publisher(Endpoint(url=server.url), chosen, settings) as (link, answers):
                found = await drive(link, 25)
                await answers.all_of(25)
                state = await stream_state(control, "WAITS")

        assert found == stops
        assert answers.stored_positions == list(range(25))
        assert state["messages"] == 25

    run(work)


@pytest.mark.parametrize(("mode", "code"), [("atomic", "10174"), ("fast", "10205")])
def test_what_is_refused_at_the_first_message_keeps_no_other_waiting(
    server: RealServer, mode: str, code: str
) -> None:
    """A stream that takes no batches says so at once, to each that is tried."""
    chosen = messages(3, subjects=("NEVER.a",))

    async def work() -> None:
        async with client(server.url) as control:
            await make_stream(control, "NEVER")
            settings = how(mode, batch=10, linger="5s", ack_first=True)
            async with publisher(Endpoint(url=server.url), chosen, settings) as (link, answers):
                found = await drive(link, 3)
                await answers.all_of(3)

        assert found == [1, 2, 3]
        assert sorted(answers.refusals) == [0, 1, 2]
        assert all(code in reason for reason in answers.refusals.values())

    run(work)


@pytest.mark.parametrize("mode", ["atomic", "fast"])
def test_an_unfinished_batch_is_ended_when_it_has_waited(server: RealServer, mode: str) -> None:
    """At a low rate nobody else would fill it: what is sent is confirmed, and the next is new."""
    chosen = messages(100, subjects=("SLOW.a",))

    async def work() -> None:
        async with client(server.url) as control:
            await make_stream(control, "SLOW", **BOTH)
            settings = how(mode, batch=50, linger="20ms")
            async with publisher(Endpoint(url=server.url), chosen, settings) as (link, answers):
                for stop in (1, 3, 53, 60):
                    await send(link, len(answers.stored_positions), stop)
                    await answers.all_of(stop)
                state = await stream_state(control, "SLOW")

        assert answers.stored_positions == list(range(60))
        assert state["messages"] == 60

    run(work)


def test_an_atomic_batch_is_refused_whole(server: RealServer) -> None:
    """Ten messages, room for nine: the batch that does not fit leaves none of its own."""
    chosen = messages(20, subjects=("WHOLE.a",))

    async def work() -> None:
        async with client(server.url) as control:
            await make_stream(control, "WHOLE", max_msgs=9, discard="new", **BOTH)
            answers = await publish(Endpoint(url=server.url), chosen, how("atomic", batch=8))
            state = await stream_state(control, "WHOLE")

        assert answers.stored_positions == list(range(8))
        assert sorted(answers.refusals) == list(range(8, 20))
        assert set(answers.refusals.values()) == {"maximum messages exceeded (10077)"}
        assert state["messages"] == 8

    run(work)


def test_a_fast_batch_keeps_what_fits(server: RealServer) -> None:
    """What was acked is stored; the one that failed and those behind it are refused, each once."""
    chosen = messages(40, subjects=("PART.a",))

    async def work() -> None:
        async with client(server.url) as control:
            await make_stream(control, "PART", max_msgs=9, discard="new", **BOTH)
            answers = await publish(Endpoint(url=server.url), chosen, how("fast", batch=8))
            state = await stream_state(control, "PART")

        assert answers.stored_positions == list(range(9))
        assert sorted(answers.refusals) == list(range(9, 40))
        assert answers.refusals[9] == "maximum messages exceeded (10077)"
        assert state["messages"] == 9

    run(work)


@pytest.mark.parametrize(
    ("mode", "reason"),
    [
        ("atomic", "atomic publish is disabled (10174)"),
        ("fast", "batch publish is disabled (10205)"),
    ],
)
def test_a_stream_that_takes_no_batches_says_so(server: RealServer, mode: str, reason: str) -> None:
    """Our rules ask for the permission; on a stream of another make the server's word is shown."""

    async def work() -> Answers:
        async with client(server.url) as control:
            await make_stream(control, "SHUT")
            chosen = messages(20, subjects=("SHUT.a",))
            return await publish(Endpoint(url=server.url), chosen, how(mode, batch=10))

    answers = run(work)
    assert answers.refusals == dict.fromkeys(range(20), reason)


@pytest.mark.parametrize("mode", ["atomic", "fast"])
def test_a_batch_to_no_stream_is_refused(server: RealServer, mode: str) -> None:
    """The server answers 503 to what asked for an answer."""

    async def work() -> Answers:
        chosen = messages(20, subjects=("NOWHERE.a",))
        return await publish(Endpoint(url=server.url), chosen, how(mode, batch=10))

    answers = run(work)
    reason = "status 503 (no stream takes its subject)"
    assert answers.refusals == dict.fromkeys(range(20), reason)


@pytest.mark.parametrize("mode", ["atomic", "fast"])
def test_two_publishers_keep_their_batches_apart(server: RealServer, mode: str) -> None:
    """Both number batches from 0; the server knows a batch by its id alone."""
    chosen = [messages(500, subjects=(f"TWO.{name}",)) for name in "ab"]

    async def work() -> None:
        endpoint, settings = Endpoint(url=server.url), how(mode, batch=30)
        async with client(server.url) as control:
            await make_stream(control, "TWO", **BOTH)
            async with (
                publisher(endpoint, chosen[0], settings) as one,
                publisher(endpoint, chosen[1], settings) as two,
            ):
                for first in range(0, 500, 20):
                    for link, _ in (one, two):
                        await send(link, first, first + 20)
                for link, answers in (one, two):
                    await answers.all_of(500)
                    assert answers.stored_positions == list(range(500))
                    assert link.faults == ()
            assert (await stream_state(control, "TWO"))["messages"] == 1000

    run(work)


@pytest.mark.parametrize("mode", ["async", "atomic", "fast"])
def test_what_a_break_left_without_an_answer_is_told(fresh_server: RealServer, mode: str) -> None:
    """The window must not wait for ever; what follows goes into a new batch and is stored."""
    chosen = messages(400, subjects=("CUT.a",))

    async def work() -> None:
        endpoint, settings = Endpoint(url=fresh_server.url), how(mode, batch=90, linger="1s")
        async with client(fresh_server.url, allow_reconnect=False) as control:
            await make_stream(control, "CUT", **BOTH)
        async with publisher(endpoint, chosen, settings) as (link, answers):
            await send(link, 0, 180)
            await answers.all_of(180)
            await send(link, 180, 200)
            fresh_server.kill()
            await send(link, 200, 210)
            await asyncio.to_thread(fresh_server.start)
            await send(link, 210, 400)
            while 399 not in answers.stored_positions and 399 not in answers.refusals:
                await asyncio.sleep(0.01)

        assert answers.abandoned_stop in (200, 210)
        assert set(range(answers.abandoned_stop, 400)) <= set(answers.stored_positions)
        assert len(answers.stored_positions) == len(set(answers.stored_positions))

    run(work)


@pytest.mark.parametrize(
    ("gap", "stored", "missed"),
    [
        ("ok", [*range(3), *range(5, 9), *range(12, 20)], [3, 4, 9, 10, 11]),
        ("fail", [0, 1, 2], [*range(3, 9), *range(12, 20)]),
    ],
)
def test_what_the_server_missed_of_a_fast_batch_is_refused(
    server: RealServer, gap: str, stored: list[int], missed: list[int]
) -> None:
    """Positions 3, 4 and 9 to 11 are never written: the batch goes on, or is over."""
    chosen = messages(20, subjects=("GAPS.a",))

    async def work() -> None:
        async with client(server.url) as control:
            await make_stream(control, "GAPS", **BOTH)
            settings = how("fast", batch=6, linger="50ms", gap=gap)
            async with publisher(Endpoint(url=server.url), chosen, settings) as (link, answers):
                for first, stop in ((0, 3), (5, 9), (12, 20)):
                    link.send(first, stop)
                while len(answers.stored_positions) + len(answers.refusals) < len(stored + missed):
                    await asyncio.sleep(0.01)
                state = await stream_state(control, "GAPS")
                ids = [
                    (await control.jetstream().get_msg("GAPS", seq + 1)).data
                    for seq in range(len(stored))
                ]

        assert answers.stored_positions == stored
        assert state["messages"] == len(stored)
        assert [int((data or b"")[:16]) for data in ids] == stored
        assert set(missed) <= set(answers.refusals)
        assert not set(answers.refusals) & set(stored)

    run(work)


def expecting(count: int, subject: str) -> Messages:
    headers = (("Nats-Expected-Last-Sequence", "{last}"),)
    return messages(count, subjects=(subject,), headers=headers)


def test_one_by_one_a_message_may_expect_the_last_sequence(server: RealServer) -> None:
    """Each names the sequence of the one before; a refused message moves nothing."""
    chosen = expecting(50, "LAST.a")

    async def work() -> None:
        settings = how("one-by-one", expect="last-sequence")
        async with client(server.url) as control:
            await make_stream(control, "LAST", max_msgs_per_subject=20, discard="new",
                              discard_new_per_subject=True)  # fmt: skip
            async with publisher(Endpoint(url=server.url), chosen, settings) as (link, answers):
                for position in range(30):
                    await send(link, position, position + 1)
                    await answers.all_of(position + 1)
                await control.request("$JS.API.STREAM.PURGE.LAST", b'{"keep":5}')
                for position in range(30, 40):
                    await send(link, position, position + 1)
                    await answers.all_of(position + 1)

        assert answers.stored_positions == [*range(20), *range(30, 40)]
        assert set(answers.refusals) == set(range(20, 30))

    run(work)


def test_a_second_writer_is_noticed(server: RealServer) -> None:
    """That is what the expectation is for."""
    chosen = expecting(3, "RIVAL.a")

    async def work() -> None:
        async with client(server.url) as control:
            await make_stream(control, "RIVAL")
            async with publisher(Endpoint(url=server.url), chosen) as (link, answers):
                await send(link, 0, 1)
                await answers.all_of(1)
                await control.jetstream().publish("RIVAL.a", b"other")
                await send(link, 1, 2)
                await answers.all_of(2)

        assert answers.refusals == {1: "wrong last sequence: 2 (10071)"}

    run(work)
