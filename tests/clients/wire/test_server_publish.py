"""Publishing to a real server: what is stored, refused, duplicated and never sent."""

from pathlib import Path

import numpy as np
import pytest

from bench.broker.endpoint import Endpoint
from bench.clients.faults import DUPLICATE
from bench.core.errors import UsageError
from tests.clients.server import RealServer, api, client, make_stream, stream_state
from tests.clients.wire.links import messages, publish, publisher, run, send

pytestmark = pytest.mark.nats

COUNT = 3000


@pytest.mark.parametrize("headers", [(), (("Nats-Msg-Id", "m{id}"), ("Trace", "t-{id}"))])
def test_every_message_is_stored_as_it_was_meant(
    server: RealServer, headers: tuple[tuple[str, str], ...]
) -> None:
    """Sizes, subjects and headers are mixed in one block; the stream shows what really left."""
    chosen = messages(
        COUNT,
        subjects=("SENT.eu.created", "SENT.us"),
        sizes=(16, 128, 5000),
        id_offset=0,
        headers=headers,
    )

    async def work() -> None:
        async with client(server.url) as control:
            await make_stream(control, "SENT")
            answers = await publish(Endpoint(url=server.url), chosen)
            state = await stream_state(control, "SENT")
            stored = [
                await control.jetstream().get_msg("SENT", seq) for seq in range(1, COUNT + 1, 37)
            ]

        assert sorted(answers.stored_positions) == list(range(COUNT))
        assert answers.refusals == {}
        assert state["messages"] == COUNT
        for message in stored:
            position = message.seq - 1 if message.seq is not None else -1
            template = chosen.payloads[chosen.payload_index[position]].content
            assert message.data == b"%016d" % position + template[16:]
            assert message.subject == chosen.subjects[chosen.subject_index[position]]
            expected = {name: value.format(id=f"{position:016d}") for name, value in headers}
            assert (message.headers or {}) == expected

    run(work)


def test_what_the_stream_refuses_is_told_with_its_reason(server: RealServer) -> None:
    """A full stream answers each message; the ledger counts refusals, not losses."""
    chosen = messages(300, subjects=("FULL.a",))

    async def work() -> None:
        async with client(server.url) as control:
            await make_stream(control, "FULL", max_msgs=100, discard="new")
            answers = await publish(Endpoint(url=server.url), chosen)

        assert answers.stored_positions == list(range(100))
        assert sorted(answers.refusals) == list(range(100, 300))
        assert set(answers.refusals.values()) == {"maximum messages exceeded (10077)"}

    run(work)


def test_a_subject_without_a_stream_is_refused(server: RealServer) -> None:
    """The server answers 503 at once; waiting for a PubAck would look like a slow server."""

    async def work() -> None:
        answers = await publish(Endpoint(url=server.url), messages(50, subjects=("NOBODY.a",)))

        assert sorted(answers.refusals) == list(range(50))
        assert set(answers.refusals.values()) == {"status 503 (no stream takes its subject)"}

    run(work)


def test_a_message_with_the_id_of_another_is_refused(server: RealServer) -> None:
    """With Nats-Msg-Id the stream keeps the first one, and says so of all others."""
    chosen = messages(200, subjects=("TWICE.a",), headers=(("Nats-Msg-Id", "{id}"),))

    async def work() -> None:
        async with client(server.url) as control:
            await make_stream(control, "TWICE")
            await publish(Endpoint(url=server.url), chosen)
            async with publisher(Endpoint(url=server.url), chosen) as (link, answers):
                await send(link, 0, 200)
                await answers.all_of(200)
            state = await stream_state(control, "TWICE")

        assert answers.refusals == dict.fromkeys(range(200), DUPLICATE)
        assert answers.stored_positions == []
        assert state["messages"] == 200

    run(work)


def test_a_message_above_max_payload_is_refused_before_the_first_send(tmp_path: Path) -> None:
    """The server would end the connection in the middle of the trial."""
    small = RealServer(tmp_path, "max_payload: 1000")
    small.start()

    async def work() -> None:
        with pytest.raises(UsageError, match="max_payload"):
            async with publisher(
                Endpoint(url=small.url), messages(1, subjects=("a",), sizes=(1001,))
            ):
                pass

    try:
        run(work)
    finally:
        small.kill()


def test_large_messages_wait_for_the_connection_and_arrive_whole(server: RealServer) -> None:
    """Sending faster than the server reads must hold the sender back, not fill the memory."""
    chosen = messages(200, subjects=("LARGE.a",), sizes=(200_000,), id_offset=1000)

    async def work() -> None:
        async with client(server.url) as control:
            await make_stream(control, "LARGE", storage="memory")
            answers = await publish(Endpoint(url=server.url), chosen)
            last = await control.jetstream().get_msg("LARGE", 200)
            await api(control, "STREAM.DELETE.LARGE")

        assert answers.stored_positions == list(range(200))
        template = chosen.payloads[0].content
        assert last.data == template[:1000] + b"%016d" % 199 + template[1016:]

    run(work)


def test_two_publishers_get_their_own_answers(server: RealServer) -> None:
    """Sequences interleave and change their digits while both are reading."""
    first = messages(COUNT, subjects=("BOTH.a",))
    second = messages(COUNT, subjects=("BOTH.b",), sizes=(64,))

    async def work() -> None:
        endpoint = Endpoint(url=server.url)
        async with client(server.url) as control:
            await make_stream(control, "BOTH")
            async with publisher(endpoint, first) as one, publisher(endpoint, second) as two:
                for start in range(0, COUNT, 50):
                    for link, _ in (one, two):
                        await send(link, start, start + 50)
                for _, answers in (one, two):
                    await answers.all_of(COUNT)
                    assert np.array_equal(np.sort(answers.stored_positions), np.arange(COUNT))

    run(work)
