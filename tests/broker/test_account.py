"""How much an account has left."""

import pytest

from bench.broker.account import Account

FLAT = {"storage": 40, "memory": 0, "limits": {"max_storage": 100, "max_memory": -1}}
TIERS = {
    "tiers": {
        "R1": {"storage": 40, "limits": {"max_storage": 100, "max_memory": 0}},
        "R3": {"storage": 0, "limits": {"max_storage": 90, "max_memory": 0}},
    }
}


@pytest.mark.parametrize(
    ("info", "storage", "replicas", "left"),
    [
        pytest.param(FLAT, "file", 1, 60, id="what is used is gone"),
        pytest.param(FLAT, "file", 3, 20, id="each replica counts"),
        pytest.param(FLAT, "memory", 1, None, id="-1 is no limit"),
        pytest.param(TIERS, "file", 1, 60, id="its own tier"),
        pytest.param(TIERS, "file", 3, 90, id="in a tier the limit is for each replica"),
        pytest.param(TIERS, "memory", 1, 0, id="0 is nothing at all"),
        pytest.param({}, "file", 1, None, id="nothing said"),
        pytest.param({"storage": 9, "limits": {"max_storage": 5}}, "file", 1, 0, id="overdrawn"),
    ],
)
def test_what_is_left_is_told(
    info: dict[str, object], storage: str, replicas: int, left: int | None
) -> None:
    """A trial that does not fit ends in refused messages half-way."""
    assert Account(info=info).left_bytes(storage, replicas) == left


def test_a_domain_is_named_only_where_there_is_one() -> None:
    """Most servers have none."""
    assert Account(info={"domain": "hub"}).domain == "hub"
    assert Account(info={}).domain == ""
