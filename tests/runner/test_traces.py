"""A run begins, and goes on, with the traces that it was planned with."""

from pathlib import Path

import numpy as np
import pytest

from bench.core.errors import UsageError
from bench.plan.build import make_plan
from bench.plan.model import Plan
from bench.runner.preflight import check_traces
from bench.spec.load import load_matrix
from bench.spec.traces import Trace, write_trace

FILES = {
    "workloads/one.yaml": "kind: stream\ntrace: {file: a.npz}\n",
    "workloads/two.yaml": "kind: stream\ntrace: {file: b.npz}\n",
    "configs/c.yaml": "variants: {x: {}, y: {pull.batch: 1}}\n",
    "configs/matrices/m.yaml": "label: m\nworkloads: [one, two]\nconfigs: [c]\n",
}


def trace(gap_ns: int) -> Trace:
    return Trace(
        gap_ns=np.array([0, gap_ns]),
        size_bytes=np.array([128, 128]),
        subject_index=np.array([0, 0]),
        subjects=("orders",),
    )


@pytest.fixture
def plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Plan:
    """Two workloads with a trace each, in a directory of a user."""
    monkeypatch.chdir(tmp_path)
    for name, content in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    for name in ("a", "b"):
        write_trace(tmp_path / "workloads" / f"{name}.npz", trace(5_000_000))
    return make_plan(load_matrix("m", [tmp_path]))


def test_what_was_planned_is_played(plan: Plan) -> None:
    """Packed anew, or not: its content is the same."""
    write_trace(Path("workloads/a.npz"), trace(5_000_000))

    check_traces(plan)


def test_all_that_is_another_is_told_at_once(plan: Plan) -> None:
    """One is gone, one was captured anew; each is named once, however many cells play it."""
    Path("workloads/a.npz").unlink()
    write_trace(Path("workloads/b.npz"), trace(6_000_000))

    with pytest.raises(UsageError) as caught:
        check_traces(plan)

    first, second = str(caught.value).splitlines()
    assert first.endswith("a.npz: no such file")
    assert second.endswith("b.npz: holds something else than when the run was planned")
