"""When consumers ask for more, and how often, on a real server."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from bench.core.units import NS_PER_MS
from bench.record import messages
from bench.record.messages import DELIVERY_COLUMNS
from tests.server.running import Tree, complaints, run_trial, sound, workload

pytestmark = [pytest.mark.nats, pytest.mark.counts]

BATCH, WORKERS, MESSAGES = 4, 4, 60
BURSTS: Tree = {"arrivals": "burst", "burst": {"every": "500ms", "during": "50ms"}}
TASK: Tree = {"client": "nats-py", "handler": {"run": "task"}}
SOON_OVER: Tree = {"expires": "50ms"}
"""Twenty messages of a burst are through in 100 ms, so several requests end between two of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """How a trial's consumer asked: counts, and the most messages that it had in hand at a time."""

    fetches: int
    empty: int
    in_hand: int
    drained_ns: int


def asked(directory: Path, pull: Tree, settings: Tree | None = None) -> Asked:
    """Three bursts of twenty messages, four workers of 20 ms, up to four messages a request."""
    consume = {"workers": WORKERS, "handler": {"time": "20ms"}}
    load = workload("40/s", "1s", consume=consume, publish=BURSTS)

    record = run_trial(
        directory, load, {"pull": {"batch": BATCH, **pull}, **(settings or {})}
    ).record

    assert sound(record), complaints(record)
    assert record.ledger is not None
    assert record.window is not None
    assert (record.ledger["deliveries"], record.ledger["acked"]) == (MESSAGES, MESSAGES)
    fetches, empty = record.ledger["fetches"], record.ledger["empty_fetches"]
    brought = (fetches - empty) * pull.get("batch", BATCH)
    assert brought >= MESSAGES, "no request brings more than a batch"
    return Asked(
        fetches=fetches,
        empty=empty,
        in_hand=most_in_hand(directory),
        drained_ns=record.window.drained_ns,
    )


def most_in_hand(directory: Path) -> int:
    """Return how many deliveries there were at most that had come and were not handled."""
    (path,) = (directory / "results" / "run").glob("trials/*/messages.npz")
    deliveries = messages.read(path).deliveries
    came, handled = (
        deliveries[DELIVERY_COLUMNS.index(f"{at}_ns")] for at in ("received", "handled")
    )
    at_ns = np.concatenate([came, handled])
    steps = np.repeat([1, -1], came.size)
    return int(np.cumsum(steps[np.lexsort((steps, at_ns))]).max())


def test_with_ask_ahead_more_wait(tmp_path: Path) -> None:
    """As many as are to wait, and a batch that was asked for when they were one fewer."""
    found = asked(tmp_path, {"ask_ahead": 8})

    assert WORKERS + BATCH < found.in_hand <= WORKERS + 8 + BATCH
    assert found.empty == 0, "a request waits for longer than bursts are apart"


def test_with_ask_idle_nothing_waits_and_what_ends_in_vain_is_counted(tmp_path: Path) -> None:
    """All workers are idle when the next four are asked for."""
    found = asked(tmp_path, {"ask_idle": WORKERS, **SOON_OVER})

    assert found.in_hand <= WORKERS
    assert found.empty >= 1


def test_with_ask_every_it_asks_no_more_often(tmp_path: Path) -> None:
    """Whatever is there by then comes at once."""
    found = asked(tmp_path, {"batch": 20, "ask_every": "200ms"})

    assert found.fetches <= found.drained_ns // (200 * NS_PER_MS) + 2


def test_the_librarys_fetches_are_counted_too(tmp_path: Path) -> None:
    """Calls of `fetch`, and those that timed out; one batch is worked on, and another one waits.

    On a busy host the server may answer a request that the library has given up: its next call
    returns all of that and a message more, beyond a batch.
    """
    found = asked(tmp_path, SOON_OVER, TASK)

    assert found.empty >= 1
    assert WORKERS < found.in_hand < WORKERS + 2 * BATCH
