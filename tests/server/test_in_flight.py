"""What may be in flight beyond what is handled within ack_wait is delivered again, and said so."""

from pathlib import Path

import pytest

from bench.spec.cautions import cautions
from bench.spec.variant import Settings
from tests.server.running import Tree, run_trial, workload

pytestmark = pytest.mark.nats

FIVE_TIMES_AS_FAST: Tree = {
    "consumer": {"ack_wait": "2s", "max_ack_pending": 50},
    "pull": {"batch": 50},
}
"""ack_wait 10 s and handlers of 1 s take a minute to show the same."""


@pytest.mark.parametrize(("workers", "again"), [(4, True), (8, False)])
def test_what_is_told_beforehand_is_what_happens(tmp_path: Path, workers: int, again: bool) -> None:
    """50 of 200 ms take 4 workers 2.5 s and 8 workers 1.3 s.

    6 workers take 1.7 s: so near to ack_wait that a host which stops for a while would decide.
    """
    consume = {"workers": workers, "handler": {"time": "200ms"}}
    load = workload("100/s", "1s", consume=consume, drain="12s")

    told = {each.key for each in cautions(Settings.model_validate(FIVE_TIMES_AS_FAST), load)}
    ledger = run_trial(tmp_path, load, FIVE_TIMES_AS_FAST).record.ledger

    assert ledger is not None
    assert ("consumer.ack_wait" in told) is again
    assert (ledger["redelivered"] > 0) is again
