"""Who measures into a run: one jetbench at a time, which holds a lock file in its directory.

The kernel lets go of the lock with the process, however it ends, so none is ever left over.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from bench.core.errors import StorageError, UsageError

LOCK_NAME = ".measuring.lock"


@contextmanager
def measuring(directory: Path) -> Iterator[None]:
    """Hold the directory of a run, made if need be; one that is still empty then is removed.

    Raises:
        UsageError: another process measures into it; with its pid.
        StorageError: the directory cannot be made or written.
    """
    path = directory / LOCK_NAME
    try:
        directory.mkdir(parents=True, exist_ok=True)
        descriptor = _taken(path)
    except BlockingIOError:
        raise UsageError(_who(path)) from None
    except OSError as error:
        raise StorageError(f"{directory}: cannot be written: {error.strerror or error}") from error
    try:
        yield
    finally:
        with suppress(OSError):
            path.unlink()  # before the lock is gone: who finds the file later is its holder
        os.close(descriptor)
        with suppress(OSError):
            directory.rmdir()


def _taken(path: Path) -> int:
    """Return the lock, held, with our pid in the file; BlockingIOError when another holds it."""
    while True:
        descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW, 0o644)
        try:
            _lock(descriptor)
            if _is_at(path, descriptor):  # else its holder removed it meanwhile
                os.ftruncate(descriptor, 0)
                os.pwrite(descriptor, str(os.getpid()).encode(), 0)
                return descriptor
        except OSError:
            os.close(descriptor)
            raise
        os.close(descriptor)


def _lock(descriptor: int) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise
    except OSError:
        return  # a file system without locks: nobody can be kept out


def _is_at(path: Path, descriptor: int) -> bool:
    with suppress(FileNotFoundError):
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    return False


def _who(path: Path) -> str:
    pid = ""
    with suppress(OSError):
        pid = path.read_text(encoding="ascii", errors="replace")[:20]
    process = f"process {pid}" if pid.isdigit() else "another process"
    return (
        f"{path.parent}: {process} measures into this run; nothing was run. Wait until it ends, or "
        "end it"
    )
