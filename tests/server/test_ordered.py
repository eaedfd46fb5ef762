"""An ordered consumer in a trial: made anew it loses nothing, and what comes is told once."""

from pathlib import Path

import pytest

from bench.spec.disturbances import Disturbance
from tests.server.running import Tree, complaints, run_trial, sound, workload

pytestmark = [pytest.mark.nats, pytest.mark.counts]

ORDERED: Tree = {
    "consumer": {"mode": "push", "ordered": True, "ack_policy": "none", "idle_heartbeat": "500ms"},
    "ack": {"timing": "none"},
}


def test_after_a_restart_of_the_server_it_goes_on_where_it_was(tmp_path: Path) -> None:
    """The consumer was kept in memory alone, and what was on its way went with the connection."""
    restart = {"at": "300ms", "do": "restart-server", "for": "300ms"}
    load = workload(measure="1500ms").model_copy(
        update={"disturbances": (Disturbance.model_validate(restart),)}
    )

    record = run_trial(tmp_path, load, ORDERED).record

    ledger = record.ledger
    assert ledger is not None
    assert sound(record), complaints(record)
    assert ledger["stored"] + ledger["unconfirmed"] + ledger["refused"] == 400
    assert ledger["handled"] == ledger["received"] >= ledger["stored"]
    assert (ledger["lost"], ledger["duplicates"], ledger["reordered"]) == (0, 0, 0)
    assert ledger["resets"] >= 1
    assert ledger["backlog"] == 0
