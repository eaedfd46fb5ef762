"""Consumers that crash at a step of a message: effects as the bucket has them, on a real server."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.core.units import NS_PER_MS
from bench.plan.traffic import make_traffic
from bench.record.schema import TrialRecord
from bench.scenario.effects_audit import counts_of
from bench.spec.kinds.stream import Stream
from tests.server.diagnosing import fails
from tests.server.evidence import came_ns, kept_evidence
from tests.server.running import complaints, run_trial, sound

pytestmark = [pytest.mark.nats, pytest.mark.counts]

Tree = dict[str, Any]
MESSAGES = 150
SEED = 5
"""Of every trial of these tests."""

BURST: Tree = {"every": "1s", "during": "50ms"}


def crashing(*points: str, away: str = "50ms", drain: str = "8s") -> Stream:
    """Once at each of these steps, in a second; four messages in hand at most."""
    faults = [{"kind": "crash", "times": 1, "at": at, "for": away} for at in points]
    return Stream.model_validate(
        {
            "kind": "stream",
            "payload": {"sizes": "128B"},
            "publish": {"rate": "100/s"},
            "consume": {"workers": 4, "handler": {"time": "1ms"}, "faults": faults},
            "phases": {"warmup": "500ms", "measure": "1s", "drain": drain},
        }
    )


def played(directory: Path, load: Stream, settings: Tree) -> tuple[TrialRecord, dict[str, int]]:
    waits: Tree = {"consumer": {"ack_wait": "300ms"}}
    record = run_trial(directory, load, {**waits, **settings}).record
    assert record.ledger is not None
    return record, dict(record.ledger)


def strategy(idempotency: str) -> Tree:
    return {"effect": {"idempotency": idempotency}}


TASKS: Tree = {"client": "nats-py", "handler": {"run": "task"}}
EARLY: Tree = {"client": "nats-py", "ack": {"timing": "after-validation"}}


@pytest.mark.parametrize(
    ("points", "settings", "doubled", "missing"),
    [
        (("after-receive", "after-effect"), {}, 1, 0),
        (("after-marker", "after-effect"), {**TASKS, **strategy("marker-first")}, 0, 1),
        (("after-receive", "after-effect"), EARLY, 0, 1),
    ],
    ids=["at-least-once", "claimed-first", "at-most-once"],
)
def test_what_a_crashed_consumer_did_is_counted_by_the_bucket(
    tmp_path: Path, points: tuple[str, str], settings: Tree, doubled: int, missing: int
) -> None:
    """What else was in hand may be missing or doubled as well, and is no fault of the table."""
    record, ledger = played(tmp_path, crashing(*points), settings)

    assert sound(record), complaints(record)
    assert (ledger["crashes"], ledger["effects_unlike"]) == (2, 0)
    assert (ledger["doubled_expected"], ledger["missing_expected"]) == (doubled, missing)
    assert ledger["effects_doubled"] >= doubled
    assert ledger["effects_missing"] >= missing
    assert min(ledger["effects_doubled"], ledger["effects_missing"]) == 0
    assert (ledger["received"], ledger["backlog"], ledger["lost"]) == (MESSAGES, 0, 0)
    assert [each.generation for each in record.disturbances] == [2, 3]
    for crash in record.disturbances:
        assert crash.ended_ns - crash.begun_ns >= 50 * NS_PER_MS


def test_who_takes_its_place_is_told_again_what_was_not_acknowledged_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The book, 12.2: of five, three acknowledged, the fourth and fifth come again, once each."""
    seen = kept_evidence(monkeypatch)
    load = crashing("after-receive").model_dump(by_alias=True)
    load["publish"] |= {"rate": "5/s", "arrivals": "burst", "burst": BURST}
    load["consume"] |= {"workers": 1, "handler": {"time": "30ms"}}
    load["consume"]["faults"][0]["at"] = "after-effect"
    load["phases"]["warmup"] = "0s"
    five = Stream.model_validate(load)
    (message,) = make_traffic(five.loads["publish"], SEED).crashes

    waits: Tree = {"consumer": {"ack_wait": "800ms"}, "pull": {"batch": 5}}
    record, ledger = played(tmp_path, five, waits)

    (evidence,) = seen
    assert message == 3, "the fourth"
    assert {seq: len(at_ns) for seq, at_ns in came_ns(evidence).items()} == {
        1: 1, 2: 1, 3: 1, 4: 2, 5: 2
    }  # fmt: skip
    assert sound(record), complaints(record)
    assert (ledger["received"], ledger["acked"]) == (5, 5)
    assert (ledger["redelivered"], ledger["duplicates"]) == (2, 2)
    assert (ledger["effects_doubled"], ledger["effects_missing"]) == (1, 0)


def test_a_consumer_without_acks_that_crashes_has_its_losses_counted(tmp_path: Path) -> None:
    """What was on its way, or in hand, comes never again: it is lost or dropped, and not hidden."""
    never: Tree = {"ack": {"timing": "none"}, "consumer": {"ack_policy": "none"}}
    load = crashing("after-receive", away="300ms", drain="1s")

    kept = run_trial(tmp_path, load, never)

    ledger = kept.record.ledger
    assert ledger is not None
    assert fails(kept, load, never)
    assert (ledger["crashes"], ledger["missing_expected"]) == (1, 1)
    assert ledger["dropped"] >= 1
    assert ledger["effects_missing"] >= ledger["dropped"]
    assert ledger["handled"] < MESSAGES


def test_each_that_can_be_handled_has_one_effect_and_poison_has_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The book, 6.5: a budget of two takes three deliveries, poison four and a dead letter.

    0.4 s of ack_wait, 0.6 s in the handler: each slow message comes a second time while the first
    is being handled, and one write tells that its effect is made.
    """
    seen = kept_evidence(monkeypatch)
    load = crashing().model_dump(by_alias=True)
    load["consume"] |= {
        "workers": 50,
        "faults": [
            {"kind": "slow", "share": "10%", "time": "600ms"},
            {"kind": "transient", "share": "10%", "times": 2},
            {"kind": "permanent", "share": "10%"},
        ],
    }
    failure: Tree = {"failure": {"attempts": 4, "delay": "20ms", "dead_letters": True}}
    in_value: Tree = {**strategy("marker-in-value"), "consumer": {"ack_wait": "400ms"}}

    whole = Stream.model_validate(load)
    record, ledger = played(tmp_path, whole, {**failure, **in_value})

    (evidence,) = seen
    poison = make_traffic(whole.loads["publish"], SEED).faults.hopeless(np.arange(MESSAGES))
    assert evidence.held is not None
    assert counts_of(evidence.held, MESSAGES).tolist() == np.where(poison, 0, 1).tolist()
    assert record.attempts == {"consume": {1: MESSAGES - 45, 2: 15, 3: 15, 4: 15}}
    assert sound(record), complaints(record)
    assert ledger["redelivered"] == 15 * (1 + 2 + 3)
    assert (ledger["repeats"], ledger["dead_lettered"], ledger["letters_missing"]) == (15, 15, 0)
    assert (ledger["effects_doubled"], ledger["effects_missing"]) == (0, 0)
    assert ledger["handled_twice"] == 0
