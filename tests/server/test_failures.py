"""Handlers that fail, on a real server: what comes again when, and what is given up."""

from pathlib import Path
from typing import Any

import pytest

from bench.analysis.figures import Limit
from bench.spec.kinds.stream import Stream
from bench.stats.histogram import merged
from tests.server.diagnosing import fails, limit_in
from tests.server.running import HOST_MADE, complaints, run_trial, sound

pytestmark = pytest.mark.nats


def faulty(
    *faults: dict[str, Any],
    rate: str = "200/s",
    size: str = "128B",
    measure: str = "1s",
    drain: str = "10s",
) -> Stream:
    return Stream.model_validate(
        {
            "kind": "stream",
            "payload": {"sizes": size},
            "publish": {"rate": rate},
            "consume": {"workers": 50, "faults": list(faults)},
            "phases": {"warmup": "500ms", "measure": measure, "drain": drain},
        }
    )


@pytest.mark.parametrize(
    "settings", [{}, {"client": "nats-py"}, {"client": "nats-py", "handler": {"run": "task"}}]
)
@pytest.mark.parametrize("mode", ["pull", "push"])
def test_each_attempt_is_made_and_poison_given_up_once(
    tmp_path: Path, settings: dict[str, Any], mode: str
) -> None:
    """300 messages: 30 fail twice, 15 always, and are given up at the fourth delivery."""
    load = faulty(
        {"kind": "transient", "share": "10%", "times": 2}, {"kind": "permanent", "share": "5%"}
    )
    failure = {"delay": "20ms", "attempts": 4, "dead_letters": mode == "pull"}
    failing = {"failure": failure, "consumer": {"mode": mode}}

    kept = run_trial(tmp_path, load, {**settings, **failing})

    record, ledger = kept.record, kept.record.ledger
    assert ledger is not None
    assert sound(record), complaints(record)
    assert (ledger["received"], ledger["handled"], ledger["acked"]) == (300, 300, 300)
    assert ledger["deliveries"] == 300 + 30 * 2 + 15 * 3
    assert (ledger["failures"], ledger["naked"]) == (30 * 2 + 15 * 4, 30 * 2 + 15 * 3)
    assert (ledger["terminated"], ledger["backlog"]) == (15, 0)
    assert record.attempts == {"consume": {1: 255, 3: 30, 4: 15}}
    retrying = merged(each.histogram for each in kept.intervals if each.time == "retrying")
    assert ledger["retried"] == ledger["settled"] == retrying.total_count == 45
    if mode == "pull":
        assert (ledger["dead_lettered"], ledger["letters_missing"]) == (15, 0)
        assert (ledger["letters_twice"], ledger["letters_unsent"]) == (0, 0)
    assert (ledger["undone"], ledger["stuck"], ledger["handled_twice"]) == (0, 0, 0)


SLOW = {"kind": "slow", "share": "10%", "time": "750ms"}


@pytest.mark.parametrize(("idempotency", "twice"), [("none", 30), ("memory", 0)])
def test_a_handler_slower_than_the_ack_wait_has_two_effects_unless_it_remembers(
    tmp_path: Path, idempotency: str, twice: int
) -> None:
    """Half a second of ack_wait, three quarters in the handler: each such message comes twice.

    A second effect fails the cell however fast it is, and the diagnosis says what to turn.
    """
    slow = {"consumer": {"ack_wait": "500ms"}, "effect": {"idempotency": idempotency}}
    load = faulty(SLOW)

    kept = run_trial(tmp_path, load, slow)

    record, ledger = kept.record, kept.record.ledger
    assert ledger is not None
    assert sound(record), complaints(record)
    assert (ledger["redelivered"], ledger["acked"], ledger["handled_twice"]) == (30, 300, twice)
    assert ledger["repeats"] == 30 - twice
    assert fails(kept, load, slow) is bool(twice)
    found = limit_in(kept, load, slow, but=HOST_MADE)
    assert found.limit is Limit.STORM, found
    assert "consumer.ack_wait" in found.knob


def test_what_fails_after_its_ack_is_undone(tmp_path: Path) -> None:
    """At most once: nobody will do the work again, and nothing comes again."""
    load = faulty({"kind": "transient", "share": "10%"})

    ledger = run_trial(tmp_path, load, {"ack": {"timing": "after-validation"}}).record.ledger

    assert ledger is not None
    assert (ledger["deliveries"], ledger["failures"], ledger["undone"]) == (300, 30, 30)


def test_silence_is_answered_by_the_steps_of_a_backoff(tmp_path: Path) -> None:
    """Deliveries 0.2, 0.6 and 1 s after one another, as a third of that, and then no more."""
    steps = {"ack_wait": "70ms", "backoff": ["70ms", "200ms", "330ms"], "max_deliver": 4}
    load = faulty({"kind": "permanent", "share": "10%"})

    silent = {"answer": "none", "dead_letters": True}
    ledger = run_trial(tmp_path, load, {"consumer": steps, "failure": silent}).record.ledger

    assert ledger is not None
    assert (ledger["failures"], ledger["exhausted"], ledger["stuck"]) == (30 * 4, 30, 0)
    assert (ledger["dead_lettered"], ledger["letters_exhausted"]) == (30, 30)
    assert (ledger["letters_missing"], ledger["letters_twice"]) == (0, 0)


def test_what_has_no_dead_letter_is_not_given_up_and_counts(tmp_path: Path) -> None:
    """Its headers make a letter larger than the server takes: the message is asked for again.

    `jetbench validate` refuses that; here nobody looked.
    """
    load = faulty({"kind": "permanent", "share": "5%"}, size="1000B", drain="1s")
    posting = {"failure": {"answer": "term", "dead_letters": True}}

    ledger = run_trial(tmp_path, load, {**posting, "server": {"max_payload": "1KiB"}}).record.ledger

    assert ledger is not None
    assert (ledger["terminated"], ledger["dead_lettered"], ledger["letters_missing"]) == (0, 0, 0)
    assert ledger["backlog"] == ledger["received"] - ledger["handled"] == 15
    assert ledger["letters_unsent"] >= ledger["stuck"] >= 10, "the last ones are tried still"
