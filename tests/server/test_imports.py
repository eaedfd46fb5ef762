"""What was imported from another benchmark is run as it stands."""

from pathlib import Path

import pytest

from tests.server.commands import jetbench, records_of, went_well

pytestmark = pytest.mark.nats


def test_a_line_of_nats_bench_is_run(tmp_path: Path) -> None:
    """The two commands that a user types."""
    line = "nats bench js pub sync orders --throughput 200 --duration 1s --storage memory"

    done = [
        jetbench(tmp_path, "import", "nats-bench", line, "--name", "theirs"),
        jetbench(tmp_path, "run", "theirs", "--quick", "--blocks", "1"),
    ]

    assert done[0].returncode == 0, done[0].stderr
    assert went_well(tmp_path, done[1]), done[1].stderr
    ledger = records_of(tmp_path)[0].ledger
    assert ledger is not None
    assert ledger["stored"] == ledger["planned"] >= 200
