"""What a write that must be on the disk takes: it decides what `sync_interval` costs."""

import os
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from bench.core.errors import StorageError
from bench.record.health import Tail, tail_of

WRITES = 200
WRITE_BYTES = 4096
LONGEST_S = 20.0
"""A disk that takes longer has said enough."""


def sync_tail(directory: Path, writes: int = WRITES) -> Tail:
    """Return how long appending a page and `fdatasync` take.

    Args:
        directory: where stores live; a file is made there and removed.
        writes: how many, fewer where they take too long.

    Raises:
        StorageError: nothing can be written there.
    """
    try:
        handle, name = tempfile.mkstemp(prefix=".jetbench-doctor-", dir=directory)
    except OSError as error:
        raise StorageError(f"{directory}: cannot be written: {error.strerror}") from error
    try:
        return tail_of(_took_ns(handle, writes))
    except OSError as error:
        raise StorageError(f"{directory}: cannot be written: {error.strerror}") from error
    finally:
        os.close(handle)
        with suppress(OSError):
            Path(name).unlink()


def _took_ns(handle: int, writes: int) -> list[int]:
    page, took_ns = os.urandom(WRITE_BYTES), list[int]()
    over_s = time.monotonic() + LONGEST_S
    while len(took_ns) < writes and time.monotonic() < over_s:
        begun_ns = time.monotonic_ns()
        os.write(handle, page)
        os.fdatasync(handle)
        took_ns.append(time.monotonic_ns() - begun_ns)
    return took_ns
