"""A trace: subjects, sizes and gaps of messages that a stream stored once, in a file.

A NumPy archive, which is a zip of arrays; docs/FILES.md says what is in it. What is read is checked
as if a stranger had written it: nothing in it is run, and it unfolds into no more than it may.
"""

import hashlib
import io
import re
import struct
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bench.core.files import write_whole

IntArray = npt.NDArray[np.int64]

VERSION = 1
MAX_TRACE_MSGS = 5_000_000
MAX_TRACE_SUBJECTS = 100_000
MAX_MEMBER_BYTES = 64 * 1024**2
MAX_SUBJECT_CHARS = 256
LARGEST = 2**62
_SUBJECT = re.compile(r"[^\s.*>\x00-\x1f\x7f]+(\.[^\s.*>\x00-\x1f\x7f]+)*")
MAX_SAMPLE_BYTES = 32 * 1024**2
"""Of all samples together."""

_SAMPLES = ("sample_bytes", "samples")
"""What a trace may hold besides."""

_MEMBERS = ("version", "gap_ns", "size_bytes", "subject_index", "subjects")

_NO_ARCHIVE = "is no trace: not a NumPy archive"
_BROKEN = (
    ValueError,
    KeyError,
    TypeError,
    SyntaxError,
    RuntimeError,
    EOFError,
    MemoryError,
    OverflowError,
    struct.error,
    zlib.error,
    zipfile.BadZipFile,
)
"""What zipfile and numpy raise over a file that somebody broke."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """Messages in the order in which they were stored.

    Attributes:
        gap_ns: since the message before, by the server's clock; 0 of the first, shape (n,).
        size_bytes: of each payload, shape (n,).
        subject_index: index into `subjects` of each, shape (n,).
        subjects: each once.
        samples: payloads, one of each size at most; none unless they were asked for.
    """

    gap_ns: IntArray
    size_bytes: IntArray
    subject_index: IntArray
    subjects: tuple[str, ...]
    samples: tuple[bytes, ...] = ()

    @property
    def span_ns(self) -> int:
        """From the first message to the last."""
        return int(self.gap_ns.sum())

    @property
    def digest(self) -> str:
        """What tells one content from another, however it is packed."""
        found = hashlib.sha256()
        for part in (self.gap_ns, self.size_bytes, self.subject_index):
            found.update(part.astype("<i8").tobytes())
        found.update("\n".join(self.subjects).encode())
        for sample in self.samples:
            found.update(len(sample).to_bytes(8, "little") + sample)
        return found.hexdigest()


def write_trace(path: Path, trace: Trace) -> None:
    """Write a trace; StorageError where it cannot be written."""
    content = io.BytesIO()
    more: dict[str, Any] = {}
    if trace.samples:
        more["sample_bytes"] = np.array([len(each) for each in trace.samples], dtype=np.int64)
        more["samples"] = np.frombuffer(b"".join(trace.samples), dtype=np.uint8)
    np.savez_compressed(
        content,
        version=np.int64(VERSION),
        gap_ns=trace.gap_ns,
        size_bytes=trace.size_bytes,
        subject_index=trace.subject_index,
        subjects=np.frombuffer("\n".join(trace.subjects).encode(), dtype=np.uint8),
        **more,
    )
    write_whole(path, content.getvalue())


def read_trace(path: Path) -> Trace:
    """Return the trace in a file; ValueError, with what is wrong, where there is none."""
    try:
        _check_archive(path)
        return _checked(_arrays(path))
    except FileNotFoundError:
        raise ValueError("no such file") from None
    except OSError as error:
        raise ValueError(f"cannot be read: {error.strerror or error}") from error


def is_subject(text: str) -> bool:
    """Say whether a message may have been published to this."""
    return len(text) <= MAX_SUBJECT_CHARS and _SUBJECT.fullmatch(text) is not None


def _arrays(path: Path) -> Mapping[str, Any]:
    try:
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except _BROKEN as error:
        raise ValueError(_NO_ARCHIVE) from error


def _check_archive(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            sizes = {each.filename: each.file_size for each in archive.infolist()}
    except _BROKEN as error:
        raise ValueError(_NO_ARCHIVE) from error
    kept = {f"{name}.npy" for name in _MEMBERS}
    if set(sizes) not in (kept, kept | {f"{name}.npy" for name in _SAMPLES}):
        raise ValueError(f"is no trace: it does not hold {', '.join(_MEMBERS)}")
    if max(sizes.values()) > MAX_MEMBER_BYTES:
        raise ValueError(f"is too large; allowed: up to {MAX_TRACE_MSGS} messages")


def _checked(arrays: Mapping[str, Any]) -> Trace:
    numbers = {name: _numbers(arrays[name], name) for name in _MEMBERS[1:4]}
    if arrays["version"].shape != () or arrays["version"] != VERSION:
        raise ValueError(f"is of a version that is not known; allowed: {VERSION}")
    counts = {array.size for array in numbers.values()}
    if len(counts) > 1 or not 0 < min(counts) <= MAX_TRACE_MSGS:
        raise ValueError(f"holds no messages, or parts of them; allowed: 1 to {MAX_TRACE_MSGS}")
    subjects = _subjects(arrays["subjects"])
    if int(numbers["subject_index"].max()) >= len(subjects):
        raise ValueError("names a subject that it does not hold")
    if float(numbers["gap_ns"].sum(dtype=np.float64)) > LARGEST:
        raise ValueError("lasts longer than can be counted")
    return Trace(**numbers, subjects=subjects, samples=_samples(arrays))


def _samples(arrays: Mapping[str, Any]) -> tuple[bytes, ...]:
    if "samples" not in arrays:
        return ()
    lengths, content = _numbers(arrays["sample_bytes"], "sample_bytes"), arrays["samples"]
    if content.ndim != 1 or content.dtype != np.uint8 or content.size > MAX_SAMPLE_BYTES:
        raise ValueError(f"samples: not a row of up to {MAX_SAMPLE_BYTES} bytes")
    ends = np.cumsum(lengths.astype(np.float64))
    if not ends.size or ends[-1] != content.size or np.unique(lengths).size < lengths.size:
        raise ValueError("samples: they are not as long as is said, or two as long")
    bounds = ends.astype(np.int64).tolist()
    return tuple(content[a:b].tobytes() for a, b in zip([0, *bounds[:-1]], bounds, strict=True))


def _numbers(array: Any, name: str) -> IntArray:  # noqa: ANN401 - whatever the file holds
    if array.ndim != 1 or array.dtype.kind not in "iu":
        raise ValueError(f"{name}: not a row of whole numbers")
    found: IntArray = array.astype(np.int64)
    if found.size and (found.min() < 0 or found.max() > LARGEST):
        raise ValueError(f"{name}: a number is out of range")
    return found


def _subjects(array: Any) -> tuple[str, ...]:  # noqa: ANN401 - whatever the file holds
    if array.ndim != 1 or array.dtype != np.uint8:
        raise ValueError("subjects: not a row of bytes")
    try:
        found = tuple(array.tobytes().decode().split("\n"))
    except UnicodeDecodeError:
        raise ValueError("subjects: not UTF-8 text") from None
    if len(found) > MAX_TRACE_SUBJECTS or len(set(found)) < len(found):
        raise ValueError(f"subjects: too many, or one twice; allowed: up to {MAX_TRACE_SUBJECTS}")
    if wrong := next((each for each in found if not is_subject(each)), None):
        raise ValueError(f"subjects: {wrong[:40]!r} is none")
    if "" in found:
        raise ValueError("subjects: one is empty")
    return found
