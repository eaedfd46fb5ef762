"""Consumers beside each other of a load that is dealt from a trace."""

from pathlib import Path

import numpy as np
import pytest

from bench.core.errors import SpecError
from bench.judgement.summary import _workload_said
from bench.plan.traffic import make_traffics
from bench.scenario.fanout import KIND
from bench.spec.kinds.fanout import Fanout
from bench.spec.lanes import sees_all
from bench.spec.load import load_workload
from bench.spec.traces import Trace, write_trace
from tests.plan.examples import cell

TRACE = Trace(
    gap_ns=np.array([0, 10, 20, 0, 10]) * 1_000_000,
    size_bytes=np.array([100, 40, 100, 2000, 100]),
    subject_index=np.array([0, 1, 0, 1, 0]),
    subjects=("orders.new", "$x.paid"),
)


def loaded(directory: Path, consumers: str, rest: str = "") -> Fanout:
    """A fan-out of the trace beside it."""
    write_trace(directory / "t.npz", TRACE)
    path = directory / "load.yaml"
    path.write_text(f"kind: fanout\ntrace: {{file: t.npz}}\nconsumers:\n{consumers}{rest}")
    workload = load_workload(path)
    assert isinstance(workload, Fanout)
    return workload


def test_a_filter_matches_what_the_trace_has_of_it(tmp_path: Path) -> None:
    """Three of five messages, though one of two subjects."""
    found = loaded(tmp_path, "  new: {filter: orders.*}\n  all: {}\n")

    assert found.share_of("new") == 0.6
    assert (found.share_of("all"), found.share_of("publish")) == (1.0, 1.0)
    assert [sees_all(found, each) for each in found.members.values()] == [False, True]
    assert found.addressed == TRACE.subjects
    assert "by a trace at 1 times its speed" in found.told()


def test_each_consumer_is_due_what_its_filter_matches(tmp_path: Path) -> None:
    """Message by message, in the trace's order, again and again."""
    found = loaded(tmp_path, "  new: {filter: orders.*}\n  all: {}\n", "phases: {measure: 1s}\n")
    traffic = make_traffics(found.loads, 1)

    due = KIND.due(cell(1, load=found), traffic)

    assert list(due) == ["new"]
    assert due["new"][:7].tolist() == [True, False, True, False, True, True, False]


@pytest.mark.parametrize(
    ("consumers", "said"),
    [
        ("  new: {filter: orders.paid}\n", (4, "matches nothing that is published")),
        ("  new: {}\nsubjects: {pattern: a}\n", (5, "comes from the trace")),
    ],
)
def test_what_a_trace_does_not_have_is_told(
    tmp_path: Path, consumers: str, said: tuple[int, str]
) -> None:
    """At its line."""
    with pytest.raises(SpecError) as caught:
        loaded(tmp_path, consumers)

    (problem,) = caught.value.problems
    line, words = said
    assert f"load.yaml:{line}:" in str(problem)
    assert words in str(problem)


def test_a_trace_that_cannot_be_read_says_nothing_of_filters(tmp_path: Path) -> None:
    """They may match what it has."""
    (tmp_path / "load.yaml").write_text(
        "kind: fanout\ntrace: {file: none.npz}\nconsumers: {a: {filter: orders.x}}\n"
    )
    with pytest.raises(SpecError) as caught:
        load_workload(tmp_path / "load.yaml")

    assert len(caught.value.problems) == 1


def test_one_without_a_trace_is_what_it_was() -> None:
    """Reports that were written before stay comparable."""
    plain = Fanout.model_validate(
        {
            "kind": "fanout",
            "payload": {"sizes": "1KiB"},
            "publish": {"rate": "5/s"},
            "consumers": {"a": {}},
        }
    )

    assert "trace" not in _workload_said(plain)
