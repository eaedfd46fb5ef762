"""A read model on a real server: it is what its events come to, or that is said."""

from pathlib import Path
from typing import Any

import pytest

from bench.record.schema import TrialRecord
from bench.spec.kinds.projection import Projected
from tests.server.running import assert_fetched, complaints, run_trial, sound
from tests.server.test_faults import codes, kill, once_in_the_window

pytestmark = pytest.mark.nats


def projection(**parts: Any) -> Projected:
    return Projected.model_validate(
        {
            "kind": "projection",
            "entities": {"count": 20},
            "payload": {"sizes": "128B"},
            "publish": {"rate": "200/s", "ends": "5%", "arrivals": "poisson"},
            "watch": {"cache": {}, "few": {"filter": "7", "snapshot": True}},
            "phases": {"warmup": "200ms", "measure": "1s", "drain": "10s"},
            **parts,
        }
    )


def ledger(record: TrialRecord) -> dict[str, int]:
    assert record.ledger is not None
    return dict(record.ledger)


@pytest.mark.parametrize(
    ("client", "mode", "direct"),
    [
        ("wire", "pull", True),
        ("wire", "pull", False),
        ("wire", "push", True),
        ("wire", "push", False),
        ("nats-py", "pull", True),
        ("nats-py", "push", False),
    ],
)
def test_the_model_is_what_the_events_come_to(
    tmp_path: Path, client: str, mode: str, direct: bool
) -> None:
    """And who watches it sees each event, and ends with what the bucket holds."""
    settings = {"client": client, "bucket": {"allow_direct": direct}, "consumer": {"mode": mode}}

    record = run_trial(tmp_path, projection(), settings).record

    found = ledger(record)
    assert sound(record), complaints(record)
    assert found["acked"] == found["stored"] == found["cache.received"] > 150, found
    if mode == "pull":
        assert_fetched(record)
    assert 0 < found["few.received"] == found["expected"]
    checked = ("misprojected", "unchanged", "repeats", "cache.lost", "cache.unlike", "few.unlike")
    assert {name: found[name] for name in checked} == dict.fromkeys(checked, 0)


@pytest.mark.parametrize("client", ["wire", "nats-py"])
def test_events_that_are_published_twice_count_once(tmp_path: Path, client: str) -> None:
    """By two publishers: the stream stores both, the second changes nothing, and readers see so."""
    twice = {"rate": "200/s", "publishers": 2, "ends": "5%", "repeats": "20%"}

    load = projection(publish=twice, read={"rate": "200/s", "readers": 2})
    record = run_trial(tmp_path, load, {"client": client}).record

    found = ledger(record)
    own, planned = found["project.expected"], found["publish.planned"]
    assert sound(record), complaints(record)
    assert found["stored"] == planned == found["stream_msgs"]
    assert planned / 10 < planned - own <= planned / 5 + 2
    assert found["repeats"] == found["project.duplicates"] == planned - own
    assert found["acked"] == found["cache.received"] == own > 100
    assert found["answered"] == found["dated"] == found["read.planned"] == 240
    assert 0 < found["absent"] < 240
    checked = ("misprojected", "reapplied", "cache.lost", "cache.unlike", "stale", "wrong")
    assert {name: found[name] for name in checked} == dict.fromkeys(checked, 0)


def test_without_order_the_model_lacks_what_was_overtaken(tmp_path: Path) -> None:
    """One entity, bursts, sixteen at a time: the check finds it, however fast it was."""
    load = projection(
        entities={"count": 1},
        publish={
            "rate": "400/s", "arrivals": "burst", "burst": {"every": "500ms", "during": "5ms"},
        },
        project={"workers": 16, "order": "none"},
        watch={},
    )  # fmt: skip

    record = run_trial(tmp_path, load, {}).record

    found = ledger(record)
    assert found["conflicts"] > 0
    assert found["repeats"] > 0
    assert found["misprojected"] == 1
    assert "check-broken" in codes(record)


def test_several_projectors_lack_what_was_overtaken_and_say_so(tmp_path: Path) -> None:
    """Each value is the last event's all the same, and no event is applied twice."""
    load = projection(
        publish={"rate": "200/s", "arrivals": "poisson"},
        project={"processes": 2, "order": "none"},
        entities={"count": 2},
        watch={},
    )

    record = run_trial(tmp_path, load, {"consumer": {"mode": "push"}}).record

    found = ledger(record)
    assert found["acked"] == found["stored"] > 150
    assert {role for each in record.processes if (role := each.role).startswith("projector")} == {
        "projector-0", "projector-1",
    }  # fmt: skip
    assert (found["misprojected"] > 0) == (found["repeats"] > 0)
    assert (found["reapplied"], found["unchanged"]) == (0, 0)


def test_redelivered_events_change_nothing(tmp_path: Path) -> None:
    """A burst that one worker cannot finish within ack_wait: events come twice, and count once."""
    burst = {"every": "1s", "during": "5ms"}
    load = projection(
        publish={"rate": "800/s", "arrivals": "burst", "burst": burst, "window": 1000},
        project={"workers": 1},
        watch={"cache": {}},
    )
    settings = {"consumer": {"ack_wait": "100ms"}, "pull": {"batch": 1000}}

    record = run_trial(tmp_path, load, settings).record

    found = ledger(record)
    assert found["project.duplicates"] > 0
    assert found["repeats"] > 0
    assert found["misprojected"] == 0


def test_a_full_model_is_told(tmp_path: Path) -> None:
    """A change that is refused is no change."""
    record = run_trial(tmp_path, projection(), {"bucket": {"max_bytes": "1KiB"}}).record

    assert ledger(record)["unchanged"] > 0


def test_a_projector_that_is_killed_is_told(tmp_path: Path) -> None:
    """Nobody made the rest of the model."""
    record = run_trial(
        tmp_path,
        projection(watch={}),
        {},
        on_moment=once_in_the_window(lambda: kill("bench.engine.worker", 1)),
    ).record

    assert not record.valid
    assert "worker-died" in codes(record)
