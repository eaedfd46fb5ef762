"""A soak that could not be folded as it went is not told as one that could."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from bench.core.errors import MeasurementError
from bench.engine.feeding import Fed
from bench.engine.findings import invalid
from bench.engine.jobs import Progress
from bench.engine.keep_soak import keep_soak
from bench.engine.rotating import RotatingPublishRecorder
from bench.engine.sliding import Sliding
from bench.engine.tending import Tended, Tending
from bench.engine.trial import Outcome
from bench.spec.filling import PUBLISH
from tests.engine.test_folding import cell_of, frame_of
from tests.engine.test_worker import job
from tests.truth.days import START_NS
from tests.truth.soak import ground_of

SENT = 1_200


def test_what_could_not_be_folded_once_is_never_told(tmp_path: Path) -> None:
    """A look that failed has taken some of what it was to take; going on would leave that out."""
    cell = cell_of(SENT, acks=True)
    driver = replace(job("async"), record_path=tmp_path / "rows.npy", share=0, shares=1)
    ground = replace(ground_of(cell, SENT, tmp_path), publishers=1, consumers=0)
    tended = Tended(
        ground=ground,
        fed=Fed(path=tmp_path / "messages.npy", made_path=tmp_path / "made.npy", planned=SENT),
        load=cell.workload.loads[PUBLISH],
        seed=1,
        ahead_msgs=SENT,
        drivers=(driver,),
        observers=(),
    )
    recorder = RotatingPublishRecorder(SENT, driver.record_path, ahead=SENT)
    tending = Tending(tended)
    tending.begin(START_NS)
    recorder.sent(0, SENT, START_NS + 1)
    closed = recorder.close(SENT)
    gone = Sliding(driver.record_path, (0, 0), "r+")
    gone.release(400, 500)
    told = Progress(sent=SENT, closed=closed, closed_ns=START_NS + 2)
    tending.look({driver.role: told})
    asyncio.run(tending.end())
    with pytest.raises(MeasurementError, match="gone") as raised:
        tending.look({driver.role: replace(told, closed_ns=START_NS + 3)})
    recorder.sent(400, 500, START_NS + 1)  # it would pass now

    outcome = Outcome(findings=[invalid("broken-off", str(raised.value))], soak=tending)
    kept = keep_soak(frame_of(cell), outcome)

    assert [each.code for each in kept.record.findings] == ["broken-off"]
    assert kept.record.ledger is None, "it tells what it does not know"
