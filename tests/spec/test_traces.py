"""Trace files: what is written is read back, and what a stranger wrote is refused in words."""

import io
import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench.spec.traces import Trace, is_subject, read_trace, write_trace


def trace(**changed: Any) -> Trace:
    """Three messages on two subjects."""
    usual: dict[str, Any] = {
        "gap_ns": np.array([0, 5_000, 2_500]),
        "size_bytes": np.array([128, 4, 900]),
        "subject_index": np.array([0, 1, 0]),
        "subjects": ("orders.new", "orders.ü=1"),
    }
    return Trace(**(usual | changed))


def arrays(path: Path) -> dict[str, Any]:
    """What a file holds."""
    with np.load(path) as archive:
        return {name: archive[name] for name in archive.files}


def same(one: Trace, other: Trace) -> bool:
    return one.digest == other.digest and one.subjects == other.subjects


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.integers(0, 2**40), st.integers(0, 2**26), st.integers(0, 2)), min_size=1)
)
def test_what_is_written_is_read_back(tmp_path: Path, rows: list[tuple[int, int, int]]) -> None:
    """Every gap, size and subject."""
    gaps, sizes, index = (np.array(column) for column in zip(*rows, strict=True))
    written = trace(gap_ns=gaps, size_bytes=sizes, subject_index=index, subjects=("a", "b", "c.d"))

    write_trace(tmp_path / "t.npz", written)
    read = read_trace(tmp_path / "t.npz")

    assert same(read, written)
    assert np.array_equal(read.gap_ns, gaps)
    assert np.array_equal(read.size_bytes, sizes)
    assert np.array_equal(read.subject_index, index)


def test_samples_are_read_back_and_count(tmp_path: Path) -> None:
    """With them it is another trace: what is sent differs."""
    written = trace(samples=(b"abc", b"\x00" * 900))

    write_trace(tmp_path / "t.npz", written)

    assert read_trace(tmp_path / "t.npz").samples == written.samples
    assert same(read_trace(tmp_path / "t.npz"), written)
    assert not same(trace(), written)


@pytest.mark.parametrize(
    ("lengths", "content"), [([2], b"abc"), ([2**62, 3], b"abc"), ([1, 1], b"ab"), ([], b"")]
)
def test_samples_that_are_not_as_said_are_refused(
    tmp_path: Path, lengths: list[int], content: bytes
) -> None:
    """They are cut out of one row."""
    path = tmp_path / "t.npz"
    write_trace(path, trace())
    more = {
        "sample_bytes": np.array(lengths, dtype=np.int64),
        "samples": np.frombuffer(content, dtype=np.uint8),
    }
    np.savez_compressed(path, **(arrays(path) | more))

    with pytest.raises(ValueError, match="samples: "):
        read_trace(path)


@pytest.mark.parametrize("part", ["gap_ns", "size_bytes", "subject_index"])
def test_each_part_counts_to_the_identity(part: str) -> None:
    """And nothing else: not how, when or where it was packed."""
    changed = getattr(trace(), part).copy()
    changed[1] = 0 if changed[1] else 1

    assert trace().digest == trace().digest
    assert trace(**{part: changed}).digest != trace().digest
    assert trace(subjects=("orders.new", "b")).digest != trace().digest


class Evil:
    """What would run something when it is read back by pickle."""

    def __reduce__(self) -> tuple[Any, ...]:
        return os.abort, ()


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"version": np.int64(2)}, "version"),
        ({"version": np.array([1])}, "version"),
        ({"gap_ns": np.array([0, 1])}, "parts of them"),
        ({"gap_ns": np.array([0, -1, 1])}, "gap_ns: a number is out of range"),
        ({"gap_ns": np.array([0.0, 1.0, 1.0])}, "gap_ns: not a row of whole numbers"),
        ({"gap_ns": np.zeros((3, 1), dtype=int)}, "gap_ns: not a row of whole numbers"),
        ({"gap_ns": np.array([2**62, 2**62, 2**62])}, "longer than can be counted"),
        ({"gap_ns": np.array([2**63, 1, 1], dtype=np.uint64)}, "out of range"),
        ({"size_bytes": np.array(["a", "b", "c"])}, "size_bytes: not a row"),
        ({"size_bytes": np.array([Evil()] * 3, dtype=object)}, "not a NumPy archive"),
        ({"subject_index": np.array([0, 1, 2])}, "names a subject that it does not hold"),
        ({"subjects": np.frombuffer(b"a\na", dtype=np.uint8)}, "one twice"),
        ({"subjects": np.frombuffer(b"a.*\nb", dtype=np.uint8)}, "'a.*' is none"),
        ({"subjects": np.frombuffer(b"a\xff\nb", dtype=np.uint8)}, "not UTF-8"),
        ({"subjects": np.frombuffer(b"a\n", dtype=np.uint8)}, "subjects: "),
        ({"subjects": np.array(["a", "b"])}, "not a row of bytes"),
        ({"more": np.array([1])}, "does not hold"),
    ],
)
def test_what_does_not_fit_together_is_refused(
    tmp_path: Path, changed: dict[str, Any], why: str
) -> None:
    """In words, and none of it is run."""
    path = tmp_path / "t.npz"
    write_trace(path, trace())
    np.savez_compressed(path, **(arrays(path) | changed))

    with pytest.raises(ValueError, match=r"\w") as caught:
        read_trace(path)

    assert why in str(caught.value)


def test_what_would_unfold_into_more_is_not_unpacked(tmp_path: Path) -> None:
    """A small file of zeros that holds a gigabyte."""
    path = tmp_path / "t.npz"
    write_trace(path, trace())
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["gap_ns.npy"] = bytes(65 * 1024**2)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)

    with pytest.raises(ValueError, match="too large"):
        read_trace(path)


@pytest.mark.parametrize("cut", [0, 10, 100, -1])
def test_what_is_no_archive_is_refused(tmp_path: Path, cut: int) -> None:
    """A file that broke off, and one that is not there."""
    path = tmp_path / "t.npz"
    write_trace(path, trace())
    path.write_bytes(path.read_bytes()[:cut])

    with pytest.raises(ValueError, match="no trace"):
        read_trace(path)
    with pytest.raises(ValueError, match="no such file"):
        read_trace(tmp_path / "none.npz")
    with pytest.raises(ValueError, match="cannot be read"):
        read_trace(tmp_path)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 10_000), st.integers(0, 255))
def test_a_byte_that_turned_is_noticed_or_harmless(tmp_path: Path, at: int, value: int) -> None:
    """Nothing but ValueError comes out, and never another content with the same identity."""
    path = tmp_path / "t.npz"
    write_trace(path, trace())
    content = bytearray(path.read_bytes())
    content[at % len(content)] = value
    path.write_bytes(bytes(content))

    try:
        found = read_trace(path)
    except ValueError:
        return
    assert same(found, trace())


@pytest.mark.parametrize("text", ["a", "a.b", "$KV.b.k=1", "ü"])
def test_a_subject_of_a_message(text: str) -> None:
    """What servers take."""
    assert is_subject(text)


@pytest.mark.parametrize("text", ["", ".", "a.", "a..b", "a b", "*", "a.>", "a\nb", "x" * 257])
def test_what_is_no_subject(text: str) -> None:
    """Wildcards, spaces and empty words."""
    assert not is_subject(text)


def test_the_file_is_an_open_one(tmp_path: Path) -> None:
    """docs/FILES.md says what stands in it; numpy alone reads it."""
    write_trace(tmp_path / "t.npz", trace())

    with np.load(io.BytesIO((tmp_path / "t.npz").read_bytes()), allow_pickle=False) as archive:
        assert bytes(archive["subjects"]).decode().split("\n") == list(trace().subjects)
