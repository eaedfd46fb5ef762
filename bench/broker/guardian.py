"""Runs nats-server for a conductor and outlives it just long enough to clean up.

Started as a program of its own (`python -I -S guardian.py SERVER PARENT CONFIG`), so it needs
nothing but the standard library. It makes a directory below PARENT, writes CONFIG there with the
directory's path in the place of DIRECTORY_MARK, starts the server, and prints the directory and
the server's pid. It waits for the end of its standard input, which comes when the conductor closes
it or dies in whatever way, then ends the server and removes the directory. When the server ends by
itself it prints `exit CODE` and goes on waiting: the conductor may still want to read the log. Told
`stop` it ends the server and prints `stopped`; told `start PORT` it starts it again on the same
store, at that port, and prints its pid.

A guardian that is killed cleans up nothing. On Linux the kernel then kills the server; the
conductor removes the rest, or the next one to start does (`bench.broker.leftovers`), who knows by
the lock whether a directory is still in use.
"""

import contextlib
import ctypes
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable

GRACE_S = 5.0
DIRECTORY_MARK = "@DIRECTORY@"
ANY_PORT = "port: -1"
CONFIG_NAME = "server.conf"
LOCK_NAME = "in-use.lock"
_PR_SET_PDEATHSIG = 1


BEGINS_WITH, LEFT_AT = "--begins-with", "--left-at"


def main(server: str, parent: str, config: str, *stores: str) -> None:
    """Run the server until standard input ends, then remove all it has written.

    `stores` are options with their values.
    """
    given = dict(zip(stores[::2], stores[1::2], strict=True))
    for name in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        signal.signal(name, signal.SIG_IGN)  # the pipe alone says when to stop
    directory = tempfile.mkdtemp(prefix="jetbench-", dir=parent)
    try:
        hold(directory)
        _say(f"directory {directory}")
        store = os.path.join(directory, "store")  # noqa: PTH118
        if BEGINS_WITH in given:
            _copy(given[BEGINS_WITH], store)
        _run(server, directory, config.replace(DIRECTORY_MARK, directory))
        if LEFT_AT in given:
            settle(store)
            os.rename(store, given[LEFT_AT])  # noqa: PTH104
    finally:
        remove(directory)


def _copy(store: str, to: str) -> None:
    try:
        shutil.copytree(store, to)
        settle(to)
    except OSError as error:
        _say(f"failed the store could not be copied: {error.strerror or error}")
        raise


def settle(directory: str) -> None:
    """Have every file of a directory on the disk."""
    for folder, _, files in os.walk(directory):
        for name in files:
            file = os.open(os.path.join(folder, name), os.O_RDONLY)  # noqa: PTH118
            try:
                os.fsync(file)
            finally:
                os.close(file)


def remove(directory: str) -> None:
    """Remove a directory, the lock last: who is killed meanwhile leaves what can be swept."""
    shutil.rmtree(os.path.join(directory, "store"), ignore_errors=True)  # noqa: PTH118
    shutil.rmtree(directory, ignore_errors=True)


def hold(directory: str) -> int:
    """Say that a directory is in use for as long as this process lives, however it ends.

    Return what to close to say so no longer; -1 where the file system has no locks: then nothing is
    said, and nobody but its maker removes the directory.
    """
    partial, final = (os.path.join(directory, name) for name in (".lock", LOCK_NAME))  # noqa: PTH118
    with contextlib.suppress(OSError):
        lock = os.open(partial, os.O_CREAT | os.O_RDWR, 0o600)
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.rename(partial, final)  # noqa: PTH104 - who finds the file finds it locked
        return lock
    return -1


def _dies_with_us() -> Callable[[], None] | None:
    """Return what a child does first so that the kernel kills it when we die; None off Linux."""
    if sys.platform != "linux":
        return None
    prctl, us = ctypes.CDLL(None).prctl, os.getpid()

    def die_with_us() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)  # of our main thread, which made it
        if os.getppid() != us:
            os._exit(1)  # we have died before it could be told

    return die_with_us


def _run(server: str, directory: str, config: str) -> None:
    child = _Child(server, directory, config)
    _say(f"pid {child.pid}")
    heard = b""
    while said := os.read(0, 4096):
        *lines, heard = (heard + said).split(b"\n")
        for line in lines:
            if line == b"stop":
                child.stop()
                _say("stopped")
            else:
                port = line.decode().removeprefix("start ")
                child = _Child(server, directory, config.replace(ANY_PORT, f"port: {port}"))
                _say(f"pid {child.pid}")
    child.stop()


class _Child:
    """A server that runs; it is told when it ends by itself.

    Attributes:
        pid: of its process.
    """

    def __init__(self, server: str, directory: str, config: str) -> None:
        path = os.path.join(directory, CONFIG_NAME)  # noqa: PTH118 - pathlib is slow to load
        with open(path, "w", encoding="utf-8") as file:  # noqa: PTH123
            file.write(config)
        # What the server says before it has read where its log is: an error in its configuration.
        errors = os.path.join(directory, "server.stderr")  # noqa: PTH118
        with open(errors, "ab") as stderr:  # noqa: PTH123
            self._process = subprocess.Popen(
                [server, "-c", path],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=stderr,
                preexec_fn=_dies_with_us(),  # noqa: PLW1509 - no other thread runs
            )
        self.pid = self._process.pid
        self._stopping = False
        self._watching = threading.Thread(target=self._watch, daemon=True)
        self._watching.start()

    def stop(self) -> None:
        """End it, and the thread that watches it."""
        self._stopping = True
        _end(self._process)
        self._watching.join()

    def _watch(self) -> None:
        code = self._process.wait()
        if not self._stopping:
            _say(f"exit {code}")


def _say(line: str) -> None:
    with contextlib.suppress(BrokenPipeError):  # the conductor is gone: only cleaning up is left
        os.write(1, line.encode() + b"\n")


def _end(child: "subprocess.Popen[bytes]") -> None:
    child.terminate()
    try:
        child.wait(GRACE_S)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
