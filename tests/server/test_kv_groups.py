"""Groups of keys on a real server: a boundary keeps whole what is torn without one."""

from pathlib import Path

import pytest

from tests.server.running import complaints, run_trial, sound
from tests.server.test_kv import kv, ledger

pytestmark = pytest.mark.nats


@pytest.mark.parametrize(
    ("client", "how"), [("wire", "latest"), ("wire", "boundary"), ("nats-py", "boundary")]
)
def test_a_group_is_torn_or_read_at_a_boundary(tmp_path: Path, client: str, how: str) -> None:
    """One group that is written and read all the time."""
    load = kv(
        groups={"count": 1, "members": 4},
        group_put={"rate": "250/s", "arrivals": "poisson"},
        group_get={"rate": "400/s", "arrivals": "poisson"},
    )
    settings = {
        "client": client,
        "bucket": {"storage": "memory", "history": 8},
        "read": {"group": how},
    }

    record = run_trial(tmp_path, load, settings).record

    found = ledger(record)
    assert sound(record), complaints(record)
    assert (found["grouped"], found["gathered"]) == (300, 480)
    assert found["torn"] > 0 if how == "latest" else found["incoherent"] == 0
    assert found["group_wrong"] == 0
