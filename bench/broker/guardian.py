"""Runs nats-server for a conductor and outlives it just long enough to clean up.

Started as a program of its own (`python -I -S guardian.py SERVER CONFIG DIRECTORY`), so it needs
nothing but the standard library. It prints the server's pid, waits for the end of its standard
input, which comes when the conductor closes it or dies in whatever way, then ends the server and
removes the directory. When the server ends by itself it prints `exit CODE` and goes on waiting:
the conductor may still want to read the log.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading

GRACE_S = 5.0


def main(server: str, config: str, directory: str) -> None:
    """Run `server -c config` until standard input ends, then remove `directory`."""
    for name in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        signal.signal(name, signal.SIG_IGN)  # the pipe alone says when to stop
    # What the server says before it has read where its log is: an error in its configuration.
    with open(os.path.join(directory, "server.stderr"), "wb") as stderr:  # noqa: PTH118, PTH123
        child = subprocess.Popen(
            [server, "-c", config],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=stderr,
        )
    _say(f"pid {child.pid}")
    threading.Thread(target=lambda: _say(f"exit {child.wait()}"), daemon=True).start()
    while os.read(0, 4096):
        pass
    _end(child)
    shutil.rmtree(directory, ignore_errors=True)


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
