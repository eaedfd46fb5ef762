"""Two versions of a user's handler over one history: held to it, and their states compared."""

from pathlib import Path

import pytest

from bench.record.schema import TrialRecord
from bench.spec.load import load_config
from tests.server.running import complaints, run_trial
from tests.server.test_work import PHASES, ledger, replay

pytestmark = [pytest.mark.nats, pytest.mark.counts]

VERSIONS = """
import asyncio
from collections import Counter

events = Counter()


async def plain(message):
    await asyncio.sleep(0.001)
    events[message.subject] += 1


def again(message):
    if message.seq % 10 == 0 and message.deliveries == 1:
        raise RuntimeError("the database is away")
    events[message.subject] += 1


def poisoned(message):
    if message.seq == 150:
        raise RuntimeError("no such order")
    events[message.subject] += 1


def wrong(message):
    events[message.subject] += 2 if message.subject == "e.b" else 1


def state():
    return events
"""


def versions(directory: Path) -> dict[str, TrialRecord]:
    """Return a trial of each, of the same 100 messages from within a history of 1000."""
    (directory / "versions_to_run.py").write_text(VERSIONS)
    names = ("plain", "again", "wrong", "poisoned")
    each = "".join(f"  {name}: {{handler.call: 'versions_to_run:{name}'}}\n" for name in names)
    path = directory / "versions.yaml"
    failure = "failure: {attempts: 3, delay: 20ms}"
    base = f"base: {{client: nats-py, handler: {{run: task}}, {failure}}}\n"
    path.write_text(f"{base}variants:\n{each}")
    load = replay(
        history={"messages": 1000},
        replay={"by": "new-consumer", "first": 101, "last": 200},
        phases={**PHASES, "measure": "5s"},
    )
    return {
        name: run_trial(
            directory / name, load, settings.model_dump(mode="json", by_alias=True)
        ).record
        for name, settings in load_config(path).variants.items()
    }


def test_versions_come_to_the_same_state_or_it_is_seen_where_they_do_not(tmp_path: Path) -> None:
    """What raised came again, and was counted; nothing beyond the window was handled."""
    found = versions(tmp_path)

    poisoned = found.pop("poisoned")
    for name, record in found.items():
        counts = ledger(record)
        assert record.completed, complaints(record)
        assert record.negative_times == 0, name  # nothing was handled before it was let go
        assert (counts["handled"], counts["outstanding"], counts["outside"]) == (100, 0, 0), name
        assert counts["failures"] == counts["naked"] == (10 if name == "again" else 0)
        assert counts["undone"] == 0
    states = {name: record.finals["replay"] for name, record in found.items()}
    assert states["plain"] == states["again"]
    assert states["plain"].size == 3
    unlike = {
        key for key, each in states["wrong"].keys.items() if states["plain"].keys[key] != each
    }
    assert unlike == {"e.b"}

    counts = ledger(poisoned)  # given up, which fails the cell, and its state lacks the message
    assert (counts["failures"], counts["terminated"], counts["naked"]) == (3, 1, 2)
    assert (counts["undone"], counts["outstanding"]) == (1, 0)
    gone = poisoned.finals["replay"]
    assert sum(states["plain"].keys[key] != each for key, each in gone.keys.items()) == 1
