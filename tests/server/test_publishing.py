"""Every way of publishing, from the workload to the record, on the real server."""

from pathlib import Path

import pytest

from tests.parts import Time
from tests.server.running import Tree, complaints, run_trial, sound, workload

pytestmark = pytest.mark.nats

HEADERS = ["message-id", "trace", "correlation-id"]

MODES: dict[str, Tree] = {
    "one-by-one": {"publish": {"mode": "one-by-one"}},
    "atomic": {
        "publish": {
            "mode": "atomic",
            "batch": 20,
            "linger": "50ms",
            "ack_first": True,
            "ack_every": 5,
        },
        "stream": {"allow_atomic": True, "storage": "memory"},  # no disk is waited for
    },
    "fast": {
        "publish": {
            "mode": "fast",
            "batch": 20,
            "linger": "50ms",
            "gap": "ok",
            "ack_first": True,
        },
        "stream": {"allow_batched": True},
    },
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("headers", [[], HEADERS], ids=["plain", "headers"])
def test_what_is_published_is_stored_and_received(
    tmp_path: Path, mode: str, headers: list[str]
) -> None:
    """300 messages, in batches of 20 or by themselves: the ledger balances to the message.

    Batches wait for their answers; how they go without is `test_waiting_for_a_batch`.
    """
    load = workload(measure="1s", publish={"headers": headers, "publishers": 2})

    record = run_trial(tmp_path, load, MODES[mode]).record

    ledger = record.ledger
    assert ledger is not None
    assert sound(record), complaints(record)
    assert (ledger["planned"], ledger["published"], ledger["stored"]) == (300, 300, 300)
    assert (ledger["refused"], ledger["unconfirmed"], ledger["lost"]) == (0, 0, 0)
    assert ledger["received"] == ledger["stream_msgs"] == 300
    assert not any(finding.code.startswith("publish-") for finding in record.findings)


@pytest.mark.parametrize("expect", ["nothing", "last-sequence"])
def test_nats_py_publishes_one_by_one(tmp_path: Path, expect: str) -> None:
    """With headers, and with the sequence that each message expects."""
    load = workload(measure="1s", publish={"headers": HEADERS})
    settings = {"client": "nats-py", "publish": {"mode": "one-by-one", "expect": expect}}

    record = run_trial(tmp_path, load, settings).record

    assert sound(record), complaints(record)
    assert record.ledger is not None
    assert (record.ledger["stored"], record.ledger["stream_msgs"]) == (300, 300)


def test_waiting_for_a_batch_is_service_and_no_slip(tmp_path: Path) -> None:
    """At 200/s a batch of 20 takes 95 ms to fill: what is due leaves at once all the same."""
    settings: Tree = {
        "publish": {"mode": "atomic", "batch": 20, "linger": "1s"},
        "stream": {"allow_atomic": True},
    }

    kept = run_trial(tmp_path, workload(), settings)

    means = {
        time: [one.histogram.mean_ns or 0 for one in kept.intervals if one.time == time]
        for time in (Time.SLIP, Time.SERVICE)
    }
    for slip_ns, service_ns in zip(means[Time.SLIP], means[Time.SERVICE], strict=True):
        assert service_ns > 30_000_000
        assert slip_ns < service_ns / 3


def test_a_refused_batch_is_in_the_ledger(tmp_path: Path) -> None:
    """The stream is full after 100: each batch beyond it refuses all its messages."""
    settings: Tree = {
        "publish": {"mode": "atomic", "batch": 30, "linger": "1s"},
        "stream": {"allow_atomic": True, "max_msgs": 100, "discard": "new"},
    }

    record = run_trial(tmp_path, workload(measure="1s"), settings).record

    assert record.ledger is not None
    assert (record.ledger["stored"], record.ledger["refused"]) == (90, 210)
    assert record.ledger["stream_msgs"] == 90
    (refused,) = [one for one in record.findings if one.code == "publish-refused"]
    assert "maximum messages exceeded (10077)" in refused.text
