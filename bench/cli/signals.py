"""What signals do: the first one ends the command, with 130; no further one changes anything.

Ctrl-C, SIGTERM and a terminal that closes (SIGHUP) are alike. What was ignored when we were
started stays so: SIGHUP under nohup, SIGINT in a shell's background job.
"""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

Handler = Callable[[int, FrameType | None], object] | signal.Handlers

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def on_signal(handler: Handler) -> None:
    """Have each signal that would end us do this from now on."""
    for each in _heeded():
        signal.signal(each, handler)


def interrupt() -> None:
    """End what is being done."""
    raise KeyboardInterrupt


@contextmanager
def first_signal(act: Callable[[], None] = interrupt) -> Iterator[None]:
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
