"""How many processes may offer what one cannot: what a probe has must be a workload, too."""

from dataclasses import replace
from typing import Any

import pytest

from bench.plan.model import Cell
from bench.plan.publishers import most_publishers
from bench.spec.kinds.kv import Kv
from bench.spec.variant import Settings
from tests.analysis import runs

BATCHES: dict[str, Any] = {
    "publish": {"mode": "atomic", "batch": 4},
    "server": {"limits": {"batch": {"max_inflight_per_stream": 3}}},
}


def of(settings: dict[str, Any]) -> Cell:
    return runs.cell("one", settings=Settings.model_validate(settings))


def keyed(count: int) -> Cell:
    workload = Kv.model_validate(
        {
            "kind": "kv",
            "value": {"sizes": "128B"},
            "keys": {"count": count},
            "put": {"rate": "100/s"},
        }
    )
    return replace(runs.cell("keyed"), workload=workload)


@pytest.mark.parametrize(
    ("bases", "cpus", "most"),
    [
        ([of({})], 1, 1),
        ([of({})], 6, 6),
        ([of({})], 64, 16),  # a workload has no more
        ([of(BATCHES)], 8, 3),  # each has a batch open, and the server refuses a fourth
        ([of({}), of(BATCHES)], 8, 3),  # side by side: what one alone may have would favour it
        ([keyed(5)], 8, 5),  # each key has one writer
    ],
)
def test_no_more_than_cpus_and_settings_allow(bases: list[Cell], cpus: int, most: int) -> None:
    assert most_publishers(bases, cpus) == most
