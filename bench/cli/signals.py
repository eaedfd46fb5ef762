"""What signals do: the first one ends the command, with 130; no further one changes anything.

Ctrl-C, SIGTERM and a terminal that closes (SIGHUP) are alike. What was ignored when we were
started stays so: SIGHUP under nohup, SIGINT in a shell's background job.

Not every library lets an interruption through: pydantic makes another error of one that comes while
it writes, and what is collected meanwhile says it to nobody. So it is remembered that one came.
"""

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

Handler = Callable[[int, FrameType | None], object] | signal.Handlers

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

_INTERRUPTED = threading.Event()


def on_signal(handler: Handler) -> None:
    """Have each signal that would end us do this from now on."""
    for each in _heeded():
        signal.signal(each, handler)


def interrupt() -> None:
    """End what is being done."""
    _INTERRUPTED.set()
    raise KeyboardInterrupt


def heed() -> None:
    """End what is being done where it was to end before, and went on all the same."""
    if _INTERRUPTED.is_set():
        raise KeyboardInterrupt


@contextmanager
def interrupted_by_signals() -> Iterator[None]:
    """Have the first signal end what is done meanwhile, whoever keeps it from us.

    Raises:
        KeyboardInterrupt: a signal came, whatever became of the one that it raised.
    """
    with first_signal(interrupt), _nothing_said_of_it():
        try:
            yield
            heed()
        except Exception:
            heed()
            raise
        finally:
            _INTERRUPTED.clear()


@contextmanager
def _nothing_said_of_it() -> Iterator[None]:
    """Have Python print no traceback of an interruption that it can raise to nobody."""
    hook = sys.unraisablehook
    sys.unraisablehook = lambda of: None if of.exc_type is KeyboardInterrupt else hook(of)
    try:
        yield
    finally:
        sys.unraisablehook = hook


@contextmanager
def first_signal(act: Callable[[], None]) -> Iterator[None]:
    """Have the first signal do this meanwhile, and no later one anything, also afterwards."""
    before = {each: signal.getsignal(each) for each in _heeded()}

    def heard(number: int, frame: FrameType | None) -> None:
        del number, frame
        on_signal(_nothing)
        act()

    on_signal(heard)
    try:
        yield
    finally:
        for each, handler in before.items():
            if signal.getsignal(each) is heard:
                signal.signal(each, handler)


def _heeded() -> tuple[signal.Signals, ...]:
    return tuple(each for each in _ENDING if signal.getsignal(each) is not signal.SIG_IGN)


def _nothing(number: int, frame: FrameType | None) -> None:
    """Unlike an ignored signal, one with a handler is not ignored by programs that we start."""
