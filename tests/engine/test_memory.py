"""What a process remembers: right for any ids, and small for many."""

import tracemalloc

import numpy as np

from bench.engine.memory import PAGE_IDS, Known, Memory

MANY = 300_000


def test_known_is_what_a_set_is() -> None:
    """Against Python's own, of ids close together, far apart, and at the limits of pages."""
    rng = np.random.default_rng(5)
    near = rng.integers(0, 3 * PAGE_IDS, 4000).tolist()
    limits = [0, PAGE_IDS - 1, PAGE_IDS, 2**40, 2**62]
    known, reference = Known(), set()
    for message_id in [*near, *limits]:
        known.add(message_id)
        reference.add(message_id)

    asked = [-1, -PAGE_IDS, *range(4 * PAGE_IDS), 2**40 + 1, *limits]
    assert [each in known for each in asked] == [each in reference for each in asked]


def test_what_is_done_takes_little_more_than_a_byte_a_message() -> None:
    """Ten million messages are 12 MB, where they were more than 600."""
    memory = Memory()
    ids = np.arange(MANY, dtype=np.int64)
    tracemalloc.start()
    try:
        for first in range(0, MANY, 1000):
            some = ids[first : first + 1000]
            memory.claim(some, some)
            for message_id in some.tolist():
                memory.settle(message_id, done=True)
        taken_bytes, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert memory.is_done(MANY - 1)
    assert not memory.is_done(MANY)
    assert taken_bytes < 1.5 * MANY
