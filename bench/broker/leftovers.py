"""What killed processes of ours left behind: directories that nobody holds, servers in them.

A directory is ours when it bears our prefix, belongs to our user and has the lock of `guardian`. It
is left over when nobody holds that lock.
"""

import fcntl
import os
import stat
from contextlib import suppress
from pathlib import Path

import psutil

from bench.broker import guardian
from bench.broker.guardian import CONFIG_NAME, LOCK_NAME

PREFIX = "jetbench-"
END_TIMEOUT_S = 5.0


def sweep(parent: Path) -> tuple[Path, ...]:
    """Remove what is left over below `parent`, with the servers that still run there.

    Returns:
        The directories that were removed.
    """
    swept = []
    for directory in sorted(parent.glob(f"{PREFIX}*")):
        if (lock := _taken(directory)) is not None:
            clear(directory)
            os.close(lock)
            swept.append(directory)
    return tuple(swept)


def clear(directory: Path) -> None:
    """End the server that runs in a directory of ours, and remove the directory."""
    servers = [process for process in psutil.process_iter() if _serves(process, directory)]
    for server in servers:
        with suppress(psutil.Error):
            server.kill()
    psutil.wait_procs(servers, timeout=END_TIMEOUT_S)
    guardian.remove(str(directory))


def _taken(directory: Path) -> int | None:
    """Return the lock of a directory of ours that nobody held; None where it is not left over."""
    with suppress(OSError):
        found = directory.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
            return None
        lock = os.open(directory / LOCK_NAME, os.O_RDWR | os.O_NOFOLLOW)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(lock)
            return None
        return lock
    return None


def _serves(process: psutil.Process, directory: Path) -> bool:
    with suppress(psutil.Error):
        return process.cmdline()[1:] == ["-c", str(directory / CONFIG_NAME)]
    return False
