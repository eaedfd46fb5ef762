"""Work that is shared out comes back as if one had done it all.

Each case is a program of its own: where tests run beside other threads nobody would be forked.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from bench.core.shared_out import shared_out

HEAD = """
import os, signal, sys, time
from bench.core.errors import RecordError
from bench.core.shared_out import shared_out
us = os.getpid()
"""


def said(program: str) -> str:
    """What the program says, which must end well."""
    ran = subprocess.run(
        [sys.executable, "-c", HEAD + program],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.strip()


@pytest.mark.parametrize("workers", [1, 2, 3, 100])
@pytest.mark.parametrize("count", [0, 1, 2, 10])
def test_results_come_in_the_order_of_the_things(count: int, workers: int) -> None:
    """However many do it, each thing once."""
    found = said(
        "done = shared_out(lambda n: (n * n, os.getpid()), "
        f"range({count}), {workers})\n"
        "print([n for n, _ in done], len({pid for _, pid in done}))"
    )

    squares = [number * number for number in range(count)]
    assert found == f"{squares} {min(count, workers)}"


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_what_the_first_thing_raises_is_raised(workers: int) -> None:
    """With its words; a later one's fault would send the reader to another file."""
    found = said(
        "def refuse(n):\n"
        "    if n in (3, 4, 8):\n"
        "        raise RecordError(f'file {n}:7: no number')\n"
        "try:\n"
        f"    shared_out(refuse, range(10), {workers})\n"
        "except RecordError as error:\n"
        "    print(error)"
    )

    assert found == "file 3:7: no number"


def test_who_is_killed_leaves_its_part_to_us() -> None:
    """Nothing is missing for it."""
    found = said(
        "def dies_elsewhere(n):\n"
        "    if os.getpid() != us:\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "    return n\n"
        "print(shared_out(dies_elsewhere, range(9), 3))"
    )

    assert found == str(list(range(9)))


def test_beside_other_threads_nobody_is_forked() -> None:
    """A lock that one of them holds would be held for ever in the copy."""
    over = threading.Event()
    other = threading.Thread(target=over.wait)
    other.start()
    try:
        assert set(shared_out(lambda _: os.getpid(), range(4), 2)) == {os.getpid()}
    finally:
        over.set()
        other.join()


def test_who_is_interrupted_leaves_no_process() -> None:
    """Ctrl-C reaches us alone here; the helper would have slept for a minute."""
    program = (
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # a background job has none
        "def slow(n):\n"
        "    os.write(1, b'%d\\n' % os.getpid())\n"
        "    time.sleep(60)\n"
        "shared_out(slow, range(2), 2)"
    )
    running = subprocess.Popen(
        [sys.executable, "-c", HEAD + program],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert running.stdout is not None
    pids = {int(running.stdout.readline()) for _ in range(2)}
    os.kill(running.pid, signal.SIGINT)
    running.communicate(timeout=30)

    (helper,) = pids - {running.pid}
    until_s = time.monotonic() + 10
    while Path(f"/proc/{helper}").exists():
        assert time.monotonic() < until_s, "a helper is left"
        time.sleep(0.01)
