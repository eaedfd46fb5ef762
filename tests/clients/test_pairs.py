"""A value and an event, step by step: what is written in which order, and where it is left."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from bench.clients.pairs import (
    NOBODY,
    PENDING,
    PUBLISHED,
    Form,
    Steps,
    entry_key,
    header_of,
    key_of_entry,
    read_entry,
    writes_before_crash,
)
from bench.spec.variant import Strategy
from tests.clients.wire.links import messages

PAYLOAD = b"abc%016dxyz" % 7


def form(strategy: Strategy = "outbox") -> Form:
    """A form whose ids stand three bytes into a payload."""
    return Form(
        strategy=strategy,
        events="e.s.",
        values="$KV.b.",
        headers=(("Nats-Msg-Id", "t-{id}"),),
        id_offset=3,
    )


@pytest.mark.parametrize(
    ("strategy", "subjects"),
    [
        ("kv-then-event", ["$KV.b.key.1", "e.s.key.1"]),
        ("event-then-kv", ["e.s.key.1", "$KV.b.key.1"]),
        ("outbox", ["$KV.b.key.1.0000000000000007", "e.s.key.1", "$KV.b.key.1.0000000000000007"]),
    ],
)
def test_writes_stand_in_the_order_of_their_strategy(
    strategy: Strategy, subjects: list[str]
) -> None:
    """Every half holds the same id, and the event alone has the headers."""
    made = form(strategy).steps("key.1", 7, PAYLOAD)

    assert [each.subject for each in made] == subjects
    assert all(PAYLOAD in each.payload for each in made)
    for each in made:
        told = (("Nats-Msg-Id", "t-0000000000000007"),) if each.subject[0] == "e" else ()
        assert each.headers == told


def test_an_entry_says_how_far_it_is() -> None:
    """First pending, then published, around the same event."""
    pending, _, done = form().steps("key.1", 7, PAYLOAD)

    assert read_entry(pending.payload) == (PENDING, PAYLOAD)
    assert read_entry(done.payload) == (PUBLISHED, PAYLOAD)
    assert len(PENDING) == len(PUBLISHED)


def test_an_entrys_key_tells_its_entity() -> None:
    """With tenants as well."""
    assert key_of_entry(entry_key("key.tenant-1.17", 5)) == "key.tenant-1.17"


@pytest.mark.parametrize(
    ("payload", "number"), [(PAYLOAD, 7), (b"abc12", NOBODY), (b"x" * 40, NOBODY), (b"", NOBODY)]
)
def test_an_id_is_read_where_it_stands(payload: bytes, number: int) -> None:
    """What holds none is nobody's."""
    assert form().id_of(payload) == number


@pytest.mark.parametrize(
    ("strategy", "writes"),
    [("kv-then-event", (0, 1, 1)), ("event-then-kv", (0, 1, 1)), ("outbox", (0, 1, 2))],
)
def test_a_crash_comes_after_the_first_write_or_before_the_last(
    strategy: Strategy, writes: Sequence[int]
) -> None:
    """Of two writes that is one place; without crashes there is one act."""
    assert writes_before_crash(strategy, 3) == writes
    assert writes_before_crash(strategy, 1) == (0,)


def test_an_operation_goes_as_far_as_the_plan_says() -> None:
    """Whole, left after one write, left after two."""
    sent = replace(
        messages(3, subjects=("key.1",), id_offset=3),
        acts=((), (), ()),
        act_index=np.array([0, 1, 2]),
    )
    steps = Steps(sent, form(), (0, 1, 2))

    assert [len(steps.of(position)) for position in range(3)] == [3, 1, 2]
    assert [form().id_of(steps.of(at)[0].payload[len(PENDING) :]) for at in range(3)] == [0, 1, 2]


def test_the_largest_message_counts_its_header() -> None:
    """An event has its ids, an entry its status."""
    sent = messages(1, subjects=("key.1",), sizes=(100,))

    assert Steps(sent, form("kv-then-event"), (0,)).largest_bytes == 100 + len(
        header_of(form().event("", 0, b"").headers)
    )
    bare = replace(form(), headers=())
    assert Steps(sent, bare, (0,)).largest_bytes == 100 + len(PENDING)
    assert header_of(()) == b""
