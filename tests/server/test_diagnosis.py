"""What limits a consumer, provoked on a real server."""

from pathlib import Path
from typing import Any

import pytest

from bench.analysis.figures import Diagnosis, Limit
from bench.analysis.summary import summarise_trial
from bench.plan.model import Cell, VariantName
from bench.spec.kinds.stream import Stream
from bench.spec.variant import Settings
from tests.server.running import run_trial

pytestmark = pytest.mark.nats


def load(rate: str, workers: int, handler: str) -> Stream:
    return Stream.model_validate(
        {
            "kind": "stream",
            "payload": {"sizes": "128B"},
            "publish": {"rate": rate},
            "consume": {"workers": workers, "handler": {"time": handler}},
            "phases": {"warmup": "500ms", "measure": "2s", "drain": "1s"},
        }
    )


def told(directory: Path, workload: Stream, settings: dict[str, Any]) -> tuple[Diagnosis, float]:
    """Return what limits its consumer, and how many messages it handled a second."""
    kept = run_trial(directory, workload, settings)
    cell = Cell(
        id="cell",
        workload_name="load",
        workload=workload,
        variants=(VariantName(config="c", variant="v"),),
        settings=Settings.model_validate(settings),
    )
    figures = summarise_trial(kept.record, kept.intervals, kept.samples, cell)
    (found,) = figures.diagnoses
    return found, figures.rates["handled"]


def test_an_ack_budget_is_named_and_a_larger_one_lifts_it(tmp_path: Path) -> None:
    """50 messages of 20 ms come to 2 500/s with 200 workers; 1000 would do 10 000."""
    workload = load("3000/s", 200, "20ms")
    narrow = {"consumer": {"max_ack_pending": 50}, "pull": {"batch": 50, "requests": 4}}
    wide = {"consumer": {"max_ack_pending": 1000}, "pull": {"batch": 50, "requests": 4}}

    found, rate = told(tmp_path / "narrow", workload, narrow)
    lifted, _ = told(tmp_path / "wide", workload, wide)

    assert found.limit is Limit.ACKS
    assert "consumer.max_ack_pending" in found.knob
    assert rate <= 2500 * 1.02, "the textbook's ceiling is one"
    assert lifted.limit is not Limit.ACKS


def test_handlers_are_named_where_they_are_the_limit(tmp_path: Path) -> None:
    """10 workers of 5 ms come to 2 000/s."""
    found, rate = told(tmp_path, load("2600/s", 10, "5ms"), {"pull": {"batch": 50, "requests": 4}})

    assert found.limit is Limit.HANDLER
    assert "2\u202f000 msg/s" in found.words
    assert rate <= 2000 * 1.02
