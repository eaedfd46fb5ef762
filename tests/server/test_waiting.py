"""How long messages wait for a worker, on a real server."""

from pathlib import Path
from typing import Any

import pytest

from bench.core.units import NS_PER_MS
from bench.stats.histogram import merged
from bench.stats.percentile import percentile_ns
from tests.server.running import complaints, run_trial, sound, workload

pytestmark = [pytest.mark.nats, pytest.mark.counts]


@pytest.mark.parametrize(
    "settings", [{}, {"client": "nats-py", "handler": {"run": "task"}}], ids=["wire", "task"]
)
def test_what_waits_for_the_one_worker_waits_and_the_first_hardly(
    tmp_path: Path, settings: dict[str, Any]
) -> None:
    """Bursts of ten on one worker of 10 ms: the last waits for those before it, some 50 ms."""
    bursts = {"arrivals": "burst", "burst": {"every": "500ms", "during": "50ms"}}
    load = workload("20/s", "1s", consume={"handler": {"time": "10ms"}}, publish=bursts)

    kept = run_trial(tmp_path, load, settings)

    assert sound(kept.record), complaints(kept.record)
    found = merged(each.histogram for each in kept.intervals if each.time == "wait")
    assert kept.record.ledger is not None
    assert found.total_count == kept.record.ledger["handled"] == 30
    assert (percentile_ns(found, 90, beyond=1) or 0) > 10 * NS_PER_MS  # handlers were in its way
