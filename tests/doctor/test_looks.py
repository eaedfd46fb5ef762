"""Looks at the host itself: no absolute time, only that each was taken, and what it leaves."""

from pathlib import Path

import pytest

from bench.core.errors import RecordError, StorageError
from bench.doctor.disk import sync_tail
from bench.doctor.loopback import round_trips
from bench.record.health import NAME, read_health, write_health
from tests.doctor.test_warnings import SOUND


def test_writes_are_timed_and_leave_nothing(tmp_path: Path) -> None:
    tail = sync_tail(tmp_path, writes=5)

    assert tail.count == 5
    assert 0 < tail.p50_ns <= tail.p99_ns <= tail.max_ns
    assert list(tmp_path.iterdir()) == []


def test_a_directory_that_is_none_is_said(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="cannot be written"):
        sync_tail(tmp_path / "none", writes=1)


def test_trips_are_timed() -> None:
    tail = round_trips(50)

    assert tail.count == 50
    assert 0 < tail.p50_ns <= tail.max_ns


def test_what_is_kept_is_read_back(tmp_path: Path) -> None:
    assert read_health(tmp_path) is None

    write_health(tmp_path, SOUND)

    assert read_health(tmp_path) == SOUND


def test_a_broken_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / NAME).write_text("{}")

    with pytest.raises(RecordError):
        read_health(tmp_path)
