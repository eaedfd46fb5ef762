"""The user's own handler on a real server: called with each message, held to what it raises."""

from pathlib import Path
from typing import Any

import pytest

from bench.spec.kinds.stream import Stream
from bench.spec.load import load_workload
from tests.server.running import complaints, run_trial, sound

pytestmark = pytest.mark.nats

HANDLERS = """
import asyncio
import time
from pathlib import Path

SEEN = Path(__file__).parent / "seen.txt"


def note(message):
    with SEEN.open("a") as file:
        file.write(f"{message.subject} {message.seq} {message.deliveries} {len(message.data)}\\n")


async def waits(message):
    await asyncio.sleep(0.005)
    note(message)
    if message.seq % 10 == 0 and message.deliveries == 1:
        raise RuntimeError("the database is away")


def blocks(message):
    time.sleep(0.02)
    note(message)


async def hopeless(message):
    if message.seq % 10 == 0:
        raise KeyError("no such order")


async def cancelled(message):
    if message.seq % 10 == 0 and message.deliveries == 1:
        other = asyncio.ensure_future(asyncio.sleep(60))
        other.cancel()
        await other
"""

TASKS: dict[str, Any] = {"client": "nats-py", "handler": {"run": "task"}}


def calling(directory: Path, function: str, rate: str = "100/s") -> Stream:
    (directory / "handlers_of_mine.py").write_text(HANDLERS)
    path = directory / "mine.yaml"
    path.write_text(
        f"kind: stream\npayload: {{sizes: 128B}}\npublish: {{rate: {rate}}}\n"
        "subjects: {pattern: orders.new}\n"
        f"consume: {{workers: 4, handler: {{call: 'handlers_of_mine:{function}'}}}}\n"
        "phases: {warmup: 500ms, measure: 1s, drain: 5s}\n"
    )
    load = load_workload(path)
    assert isinstance(load, Stream)
    return load


def test_what_raises_has_failed_and_comes_again(tmp_path: Path) -> None:
    """150 messages, of which 15 raise at first: 165 calls, each with what was published."""
    record = run_trial(tmp_path, calling(tmp_path, "waits"), TASKS).record

    ledger = record.ledger
    assert ledger is not None
    assert sound(record), complaints(record)
    assert (ledger["handled"], ledger["acked"], ledger["undone"]) == (150, 150, 0)
    assert (ledger["deliveries"], ledger["failures"], ledger["naked"]) == (165, 15, 15)
    seen = sorted((tmp_path / "seen.txt").read_text().splitlines())
    again = [f"orders.new {seq} 2 128" for seq in range(10, 151, 10)]
    assert seen == sorted([*(f"orders.new {seq} 1 128" for seq in range(1, 151)), *again])
    assert any(
        "RuntimeError: the database is away (15 times)" in each for each in complaints(record)
    )


def test_a_plain_function_blocks_nobody_but_its_worker(tmp_path: Path) -> None:
    """20 ms each at 150/s are 3 of 4 workers' time, and three times what one loop has."""
    record = run_trial(tmp_path, calling(tmp_path, "blocks", "150/s"), TASKS).record

    ledger = record.ledger
    assert ledger is not None
    assert (ledger["handled"], ledger["failures"]) == (225, 0)
    assert sound(record), complaints(record)


def test_what_always_raises_is_undone_when_it_is_given_up(tmp_path: Path) -> None:
    """No plan says that it can never be handled: that it was not is a fault of the cell."""
    giving_up = {**TASKS, "failure": {"attempts": 2}}

    ledger = run_trial(tmp_path, calling(tmp_path, "hopeless"), giving_up).record.ledger

    assert ledger is not None
    assert (ledger["failures"], ledger["terminated"], ledger["undone"]) == (30, 15, 15)


def test_what_was_cancelled_of_a_handler_s_own_has_failed_and_comes_again(tmp_path: Path) -> None:
    """A delivery whose task ended of it would have no answer, and hold its worker for good."""
    record = run_trial(tmp_path, calling(tmp_path, "cancelled"), TASKS).record

    ledger = record.ledger
    assert ledger is not None
    assert sound(record), complaints(record)
    assert (ledger["handled"], ledger["failures"], ledger["undone"]) == (150, 15, 0)
