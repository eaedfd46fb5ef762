"""What may be in flight beyond what is handled within ack_wait is delivered again, and said so."""

from pathlib import Path

import pytest

from bench.spec.cautions import cautions
from bench.spec.variant import Settings
from tests.server.running import Tree, run_trial, workload

pytestmark = pytest.mark.nats

FASTER: Tree = {
    "consumer": {"ack_wait": "3s", "max_ack_pending": 50},
    "pull": {"batch": 50},
}
"""ack_wait 10 s and handlers of 1 s take a minute to show the same: three tenths of both."""


@pytest.mark.parametrize(("workers", "again"), [(4, True), (6, False)])
def test_what_is_told_beforehand_is_what_happens(tmp_path: Path, workers: int, again: bool) -> None:
    """The book, 2.4: 50 of 300 ms take 4 workers 3.75 s and 6 workers 2.5 s."""
    consume = {"workers": workers, "handler": {"time": "300ms"}}
    load = workload("60/s", "1s", consume=consume, drain="12s")

    told = {each.key for each in cautions(Settings.model_validate(FASTER), load)}
    ledger = run_trial(tmp_path, load, FASTER).record.ledger

    assert ledger is not None
    assert ("consumer.ack_wait" in told) is again
    assert (ledger["redelivered"] > 0) is again
