"""What publishers of a soak send is made ahead of them, and is the schedule."""

import os
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from bench.core.errors import MeasurementError
from bench.engine import feeding
from bench.engine.clock import now_ns
from bench.engine.feeding import Due, Fed, Feed, columns_of
from bench.engine.sliding import Sliding
from bench.engine.spilling import Rows
from bench.plan.pieces import count_of, pieces
from bench.spec.filling import PUBLISH
from bench.spec.workload import Load
from tests.server.running import workload

LOAD: Load = workload("1000/s", "4s", publish={"arrivals": "poisson"}).loads[PUBLISH]


@pytest.fixture
def fed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Fed]:
    """Where the messages stand, in pieces of five hundred."""
    monkeypatch.setattr(feeding, "PIECE_MSGS", 500)
    monkeypatch.setattr(feeding, "pieces", partial(pieces, most=500))
    planned = count_of(LOAD.publish, LOAD.phases)
    yield Fed(path=tmp_path / "messages.npy", made_path=tmp_path / "made.npy", planned=planned)


def test_they_are_the_schedule_as_far_as_they_are_made(fed: Fed) -> None:
    feed = Feed(fed, LOAD, 1, ahead_msgs=1000)
    whole = np.concatenate([each.intended_ns for each in pieces(LOAD.publish, LOAD.phases, 1)])
    due = [Due(fed, share, 2, start_ns=5) for share in (0, 1)]
    assert sum(map(len, due)) == fed.planned
    made = 0
    for sent in range(0, fed.planned, 300):
        feed.ahead(sent)
        made = int(np.load(fed.made_path)[0])
        assert made >= min(sent + 1000, fed.planned)
        for share, own in enumerate(due):
            rows = range(-(-(sent - share) // 2), (made - share + 1) // 2)
            wanted = [each.intended_ns for each in pieces(LOAD.publish, LOAD.phases, 1, most=500)]
            expected = 5 + np.concatenate(wanted)[share::2]
            assert [own[row] for row in rows] == [expected[row] for row in rows]
    assert made == whole.size == fed.planned
    ids, subjects, payloads = columns_of(fed, 1, 2)
    last = slice(-100, None)
    assert ids[last].tolist() == list(range(1, fed.planned, 2))[last]
    assert not subjects[last].any() and not payloads[last].any()


def test_what_is_not_made_yet_is_due_in_a_moment_and_then_when_it_is(fed: Fed) -> None:
    feed = Feed(fed, LOAD, 1, ahead_msgs=1)
    due = Due(fed, 0, 1)
    made = int(np.load(fed.made_path)[0])
    assert made < fed.planned
    before_ns = now_ns()
    assert before_ns < due[made] < now_ns() + 2_000_000
    feed.ahead(made)
    assert due[made] < LOAD.phases.warmup_ns + LOAD.phases.measure_ns


def test_a_full_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sliding = Sliding(tmp_path / "rows.npy", (2, 1000), "w+")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(MeasurementError, match="no space left for what is recorded"):
        sliding.claim(0, 10)


def test_a_file_system_that_keeps_what_it_has_is_told(tmp_path: Path) -> None:
    sliding = Sliding(tmp_path / "rows.npy", (2, 1000), "w+")
    sliding.columns[0, :] = 7
    sliding.release(100, 200)
    assert not sliding.columns[0, 100:200].any()
    assert (sliding.columns[0, 200:] == 7).all()
    (tmp_path / "rows.npy").unlink()
    with pytest.raises(OSError, match="No such file"):
        sliding.release(0, 10)


def test_rows_come_back_in_their_order(tmp_path: Path) -> None:
    rows = Rows(tmp_path / "rows")
    for number in range(2500):
        rows.append({"t_ns": number, "x": None})
    assert [row["t_ns"] for row in rows] == list(range(2500))
    assert [row["t_ns"] for row in rows] == list(range(2500))
    assert [*Rows()] == []


def test_each_subject_and_size_has_its_share(fed: Fed) -> None:
    load = replace(
        LOAD,
        payload=LOAD.payload.model_validate({"sizes": {"128B": "50%", "1KiB": "50%"}}),
    )
    feed = Feed(fed, load, 1, ahead_msgs=fed.planned)
    del feed
    _, _, payloads = columns_of(fed, 0, 1)
    assert abs(int((payloads == 1).sum()) - fed.planned / 2) <= 10
