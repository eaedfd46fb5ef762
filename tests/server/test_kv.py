"""A bucket on a real server: what was read, seen and counted up is judged, and nothing is left."""

from pathlib import Path
from typing import Any

import pytest

from bench.record.schema import TrialRecord
from bench.spec.kinds.kv import Kv
from tests.server.running import complaints, run_trial, sound
from tests.server.test_faults import codes, kill, once_in_the_window

pytestmark = pytest.mark.nats


def kv(**parts: Any) -> Kv:
    return Kv.model_validate(
        {
            "kind": "kv",
            "keys": {"count": 20},
            "value": {"sizes": "128B"},
            "phases": {"warmup": "500ms", "measure": "1500ms", "drain": "5s"},
            **parts,
        }
    )


def ledger(record: TrialRecord) -> dict[str, int]:
    assert record.ledger is not None
    return dict(record.ledger)


@pytest.mark.parametrize("direct", [True, False], ids=["direct", "leader"])
@pytest.mark.parametrize("client", ["wire", "nats-py"])
def test_what_is_put_is_read_and_seen(tmp_path: Path, client: str, direct: bool) -> None:
    """With values taken away in between, and two watchers of whom one sees some keys alone."""
    load = kv(
        put={"rate": "200/s", "deletes": "10%", "purges": "5%"},
        get={"rate": "200/s"},
        watch={"cache": {"snapshot": True}, "few": {"filter": "7"}},
    )
    settings = {"client": client, "bucket": {"allow_direct": direct}}

    record = run_trial(tmp_path, load, settings).record

    found = ledger(record)
    assert sound(record), complaints(record)
    assert (found["stored"], found["answered"]) == (400, 400)
    assert (found["cache.received"], found["few.received"]) == (400, found["expected"])
    assert 0 < found["expected"] < 100
    assert found["absent"] > 0
    checked = ("wrong", "stale", "cache.lost", "cache.unlike", "few.lost", "few.unlike")
    assert {name: found[name] for name in checked} == dict.fromkeys(checked, 0)
    assert {name: found[f"cache.{name}"] for name in ("foreign", "duplicates", "reordered")} == {
        "foreign": 0, "duplicates": 0, "reordered": 0,
    }  # fmt: skip


@pytest.mark.parametrize("client", ["wire", "nats-py"])
def test_counters_hold_every_update_in_spite_of_conflicts(tmp_path: Path, client: str) -> None:
    """Two processes count one counter up; whoever comes second reads again."""
    load = kv(update={"rate": "200/s", "updaters": 2, "counters": 1, "arrivals": "poisson"})

    record = run_trial(tmp_path, load, {"client": client}).record

    found = ledger(record)
    assert sound(record), complaints(record)
    assert found["updated"] == found["planned"] > 300
    assert found["lost_updates"] == 0
    assert found["conflicts"] > 0


def test_who_tries_once_gives_up_and_says_so(tmp_path: Path) -> None:
    """It counts against the cell, and the counter is as high as what succeeded."""
    load = kv(
        update={
            "rate": "400/s", "updaters": 4, "counters": 1, "arrivals": "poisson", "tries": 1,
        }
    )  # fmt: skip

    record = run_trial(tmp_path, load, {}).record

    found = ledger(record)
    assert found["given_up"] == found["conflicts"] > 0
    assert found["updated"] + found["given_up"] == found["planned"]
    assert found["lost_updates"] == 0


def test_a_full_bucket_refuses_and_that_counts(tmp_path: Path) -> None:
    """Twenty values fit, a history of them does not."""
    load = kv(put={"rate": "200/s"})
    settings = {"bucket": {"max_bytes": "8KiB", "history": 64}}

    record = run_trial(tmp_path, load, settings).record

    assert ledger(record)["refused"] > 0
    assert "publish-refused" in codes(record)


def test_an_old_history_is_pushed_out_and_the_watcher_is_told_the_last(tmp_path: Path) -> None:
    """One key, as fast as it goes: what is overwritten on the way is superseded, never lost."""
    load = kv(
        keys={"count": 1},
        put={"rate": "2000/s", "arrivals": "burst", "burst": {"every": "500ms", "during": "1ms"}},
        watch={"only": {}},
    )

    record = run_trial(tmp_path, load, {"bucket": {"storage": "memory"}}).record

    found = ledger(record)
    assert (found["lost"], found["unlike"]) == (0, 0)
    assert found["received"] == found["stored"]
    assert found["superseded"] == found["stored"] - (found["deliveries"] - found["duplicates"])


def test_a_watcher_that_is_killed_is_told(tmp_path: Path) -> None:
    """What it did not see does not count as seen."""
    load = kv(put={"rate": "200/s"}, watch={"cache": {}})

    record = run_trial(
        tmp_path, load, {}, on_moment=once_in_the_window(lambda: kill("bench.engine.worker", 1))
    ).record

    assert not record.valid
    assert "worker-died" in codes(record)
