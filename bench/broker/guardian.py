"""Runs nats-server for a conductor and outlives it just long enough to clean up.

Started as a program of its own (`python -I -S guardian.py SERVER PARENT CONFIG`), so it needs
nothing but the standard library. It makes a directory below PARENT, writes CONFIG there with the
directory's path in the place of DIRECTORY_MARK, starts the server, and prints the directory and
the server's pid. It waits for the end of its standard input, which comes when the conductor closes
it or dies in whatever way, then ends the server and removes the directory. When the server ends by
itself it prints `exit CODE` and goes on waiting: the conductor may still want to read the log.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading

GRACE_S = 5.0
DIRECTORY_MARK = "@DIRECTORY@"


def main(server: str, parent: str, config: str) -> None:
    """Run the server until standard input ends, then remove all it has written."""
    for name in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        signal.signal(name, signal.SIG_IGN)  # the pipe alone says when to stop
    directory = tempfile.mkdtemp(prefix="jetbench-", dir=parent)
    try:
        _run(server, directory, config.replace(DIRECTORY_MARK, directory))
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _run(server: str, directory: str, config: str) -> None:
    config_path = os.path.join(directory, "server.conf")  # noqa: PTH118 - pathlib is slow to load
    with open(config_path, "w", encoding="utf-8") as file:  # noqa: PTH123
        file.write(config)
    # What the server says before it has read where its log is: an error in its configuration.
    with open(os.path.join(directory, "server.stderr"), "wb") as stderr:  # noqa: PTH118, PTH123
        child = subprocess.Popen(
            [server, "-c", config_path],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=stderr,
        )
    _say(f"directory {directory}")
    _say(f"pid {child.pid}")
    threading.Thread(target=lambda: _say(f"exit {child.wait()}"), daemon=True).start()
    while os.read(0, 4096):
        pass
    _end(child)


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
