"""What handlers do: each kind of work by itself, without a server."""

import asyncio
import time
from pathlib import Path

import numpy as np
import pytest

from bench.clients.port import Content
from bench.core.units import NS_PER_MS
from bench.engine.works import Journal, burn, parse
from bench.plan.payload import templates
from bench.spec.workload import Payload


def message(data: bytes) -> Content:
    return Content(subject="orders.new", data=data, headers={}, seq=1, deliveries=1)


def test_time_on_the_cpu_is_used_and_not_waited_for() -> None:
    """However long the host lets us wait for the core meanwhile."""
    before_ns = time.thread_time_ns()

    burn(5 * NS_PER_MS)

    assert time.thread_time_ns() - before_ns >= 5 * NS_PER_MS


def test_an_envelope_is_parsed_and_what_is_none_is_refused() -> None:
    payload = Payload.model_validate({"sizes": "512B", "format": "event-envelope"})
    (template,) = templates(payload, np.random.default_rng(1))
    good = template.filled(7)

    parse(message(good))

    with pytest.raises(ValueError, match="malformed"):
        parse(message(good[:-1]))


def test_a_journal_has_all_that_was_written(tmp_path: Path) -> None:
    """Of several writers at a time, each message whole."""
    path = tmp_path / "journal"
    lines = [b"%03d" % number * 400 for number in range(20)]

    async def written() -> None:
        journal = Journal(path, workers=4)
        await asyncio.gather(*(journal.write(message(line)) for line in lines))

    asyncio.run(written())

    found = path.read_bytes()
    assert sorted(found[at : at + 1200] for at in range(0, len(found), 1200)) == lines


def test_a_journal_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Journal(tmp_path / "nowhere" / "journal", workers=1)
