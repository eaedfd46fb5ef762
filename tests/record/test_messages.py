"""What is kept of messages reads as it was written, and nothing else does."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bench.core.errors import RecordError
from bench.record import messages
from tests.record.stored_messages import two, with_one_evicted


def written(path: Path, content: bytes) -> Path:
    """A file of messages."""
    path = path / "messages.npz"
    path.write_bytes(content)
    return path


def test_messages_read_as_they_were_written(tmp_path: Path) -> None:
    """Tables and what their numbers stand for."""
    told = with_one_evicted()
    found = messages.read(written(tmp_path, messages.packed(told)))

    assert found.names == told.names
    assert all(
        np.array_equal(getattr(found, table), getattr(told, table))
        for table in ("sends", "deliveries", "letters", "evicted")
    )


def test_a_record_from_before_it_was_told_what_limits_took_tells_of_none(tmp_path: Path) -> None:
    """It lacks that table alone."""
    path = written(tmp_path, messages.packed(two()))
    with np.load(path) as archive:
        older = {name: archive[name] for name in archive.files if name != "evicted"}
    np.savez_compressed(path, **older)

    found = messages.read(path)

    assert found.evicted.shape == (2, 0)
    assert found.names == two().names


def test_a_part_that_nobody_named_is_refused(tmp_path: Path) -> None:
    told = with_one_evicted()
    told.evicted[0, 0] = 1

    with pytest.raises(RecordError, match=r"evicted has a number"):
        messages.read(written(tmp_path, messages.packed(told)))


def test_numbers_that_no_name_stands_for_are_refused(tmp_path: Path) -> None:
    """They would end a reader far from here."""
    told = two()
    told.deliveries[0, 1] = 2
    path = written(tmp_path, messages.packed(told))

    with pytest.raises(RecordError, match=r"messages\.npz.*deliveries has a number"):
        messages.read(path)


def test_a_table_that_lacks_a_column_is_refused(tmp_path: Path) -> None:
    """As one of a version to come may."""
    path = written(tmp_path, messages.packed(replace(two(), letters=two().letters[:2])))

    with pytest.raises(RecordError, match="letters is no table of 3 columns"):
        messages.read(path)


@pytest.mark.parametrize("cut", [0, 100, -1])
def test_what_is_no_archive_is_refused(tmp_path: Path, cut: int) -> None:
    """Cut anywhere."""
    path = written(tmp_path, messages.packed(two())[:cut])

    with pytest.raises(RecordError, match="not a readable record of messages"):
        messages.read(path)


def test_another_archive_is_refused(tmp_path: Path) -> None:
    """Such as a trace."""
    path = tmp_path / "messages.npz"
    np.savez(path, gap_ns=np.zeros(3))

    with pytest.raises(
        RecordError, match="does not hold deliveries, evicted, letters, names, sends"
    ):
        messages.read(path)
