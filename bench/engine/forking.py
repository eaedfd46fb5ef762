"""Forking a process for each wish of a conductor (`bench.engine.nursery`), and telling its end."""

import gc
import os
import pickle
import select
import signal
import socket
import sys
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from bench.engine.nursery import LENGTH, TOLD

_GIVEN = 4
"""Descriptors that come with a wish."""


def fork_for(descriptor: int, work: Callable[[], None]) -> None:
    """Fork a process for each wish that comes over a socket, until nobody can wish any more.

    Args:
        descriptor: of the socket.
        work: what each process does.
    """
    gc.collect()
    gc.freeze()  # else the first collection of each child would copy every page
    children: dict[int, int] = {}
    woken = _wakes_for_children()
    with socket.socket(fileno=descriptor) as wishes:
        while True:
            ready, _, _ = select.select([wishes.fileno(), woken], [], [])
            if woken in ready:
                os.read(woken, 4096)
                _tell_ended(children)
            if wishes.fileno() in ready and not _fork_one(wishes, children, work):
                _let_go_on(children)
                return


def _let_go_on(children: Mapping[int, int]) -> None:
    """Have those go on that were stopped: with nobody to do it they would never end by themselves.

    Whoever has not been waited for yet has its pid still, so no other process is meant.
    """
    for pid in children:
        os.kill(pid, signal.SIGCONT)


def _wakes_for_children() -> int:
    """Return what can be read when a child has ended."""
    woken, wakes = os.pipe()
    for each in (woken, wakes):
        os.set_blocking(each, False)
    signal.set_wakeup_fd(wakes, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    return woken


def _fork_one(wishes: socket.socket, children: dict[int, int], work: Callable[[], None]) -> bool:
    """Fork for the next wish; say whether there was one."""
    head, given, _, _ = socket.recv_fds(wishes, LENGTH.size, _GIVEN)
    if len(head) < LENGTH.size or len(given) < _GIVEN:
        return False
    content = _whole(wishes, LENGTH.unpack(head)[0])
    if content is None:
        return False
    if not (pid := os.fork()):
        directory, variables = pickle.loads(content)  # noqa: S301 - of our conductor
        _live(given, directory, variables, work)
    *theirs, telling = given
    for each in theirs:
        os.close(each)
    children[pid] = telling
    _tell(telling, pid)
    return True


def _whole(wishes: socket.socket, size: int) -> bytes | None:
    content = bytearray()
    while len(content) < size:
        if not (part := wishes.recv(size - len(content))):
            return None
        content += part
    return bytes(content)


def _tell_ended(children: dict[int, int]) -> None:
    for pid in list(children):
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            telling = children.pop(pid)
            _tell(telling, os.waitstatus_to_exitcode(status))
            os.close(telling)


def _tell(telling: int, number: int) -> None:
    with suppress(BrokenPipeError):  # nobody wants to know
        os.write(telling, TOLD.pack(number))


def _live(
    given: list[int], directory: Path, variables: Mapping[str, str], work: Callable[[], None]
) -> NoReturn:
    """Be the child: with what was given for its own, and nothing else open; never returns."""
    code = 1
    try:
        os.setsid()  # a scheduler shares the cores out between sessions
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for descriptor, own in enumerate(given[:3]):
            os.dup2(own, descriptor)
        os.closerange(3, os.sysconf("SC_OPEN_MAX"))
        _settle(directory, variables)
        work()
        code = 0
    except SystemExit as ended:
        code = _code_of(ended)
    except BaseException:  # noqa: BLE001 - what a process ends with is its last word
        traceback.print_exc()
    finally:
        with suppress(OSError):  # the disk is full
            sys.stderr.flush()
        os._exit(code)


def _code_of(ended: SystemExit) -> int:
    """Return the exit code that Python gives for it; words are said, as Python says them."""
    if ended.code is None or isinstance(ended.code, int):
        return ended.code or 0
    sys.stderr.write(f"{ended.code}\n")
    return 1


def _settle(directory: Path, variables: Mapping[str, str]) -> None:
    """Have the directory and the variables of who wished for it."""
    if sys.path and sys.path[0] == os.getcwd():  # noqa: PTH109 - as Python wrote it there
        sys.path[0] = str(directory)
    os.chdir(directory)
    os.environ.clear()
    os.environ.update(variables)
