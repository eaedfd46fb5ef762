"""What fills the store of a real server beside the streams that consumers take from is seen."""

from pathlib import Path

import pytest

from bench.analysis.summary import summarise_trial
from bench.record.samples import BESIDE
from bench.spec.choose import load_workloads
from tests.server.diagnosing import cell_of
from tests.server.running import Tree, complaints, run_trial

pytestmark = pytest.mark.nats

LIMITED: Tree = {"server": {"max_file": "1GB"}}
SHORT = {"warmup": "200ms", "measure": "3s", "drain": "5s"}


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("command", {}),
        ("dual-write", {}),
        ("workflow", {}),
        ("small-events", {"effect": {"written": True}}),
    ],
)
def test_the_time_left_to_a_store_counts_what_nobody_takes_from(
    tmp_path: Path, name: str, settings: Tree
) -> None:
    """It was not told: buckets and dead letters were not asked about, nor streams of theirs."""
    shipped = load_workloads([name])[name]
    written = {**shipped.model_dump(mode="json", by_alias=True), "phases": SHORT}
    load = type(shipped).model_validate(written)
    whole = {**settings, **LIMITED}

    kept = run_trial(tmp_path, load, whole)

    growth = summarise_trial(kept.record, kept.intervals, kept.samples, cell_of(load, whole)).growth
    assert growth is not None, complaints(kept.record)
    assert {*growth.left_s} == {"max_file"}
    beside = kept.samples[f"{BESIDE}.file_bytes"].dropna()
    assert beside.iloc[-1] > beside.iloc[0] >= 0
