r"""Where the command line writes: figures to standard output, everything else to standard error.

Text of users, of servers and of records passes through here. None of it is read as markup, and
nothing in it reaches the terminal as a command: control characters are written out (`\\x1b`).
"""

import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from typing import IO, Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from bench.core.direction import contained
from bench.core.errors import StorageError

_CONTROLS = (*range(0x20), *range(0x7F, 0xA0))
_SPELLED = {each: repr(chr(each))[1:-1] for each in _CONTROLS if chr(each) not in {"\n", "\t"}}
"""What terminals act on: C0, DEL and C1."""


def _spelled(text: str) -> str:
    """Return text without control characters, nor marks that turn what is written after it."""
    return contained(text.translate(_SPELLED), stray=lambda mark: repr(mark)[1:-1])


class PlainConsole(Console):
    """A console for text that others wrote."""

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """Render as usual, control characters spelled."""
        for segment in super().render(renderable, options):
            if segment.control is None:
                yield Segment(_spelled(segment.text), segment.style)
            else:
                yield segment

    def print(self, *objects: object, **how: Any) -> None:  # noqa: ANN401 - as rich has it
        """Print as usual; StorageError when what standard output was sent to cannot take it."""
        try:
            super().print(*objects, **how)
        except OSError as error:
            raise _unwritable(self.file, error) from error

    def on_broken_pipe(self) -> None:
        """Print to nobody from now on: who read has gone, and the verdict is still to be made."""
        _to_nobody(self.file)


def write(content: bytes) -> None:
    """Write data to standard output as it is; to nobody where its reader has gone."""
    try:
        sys.stdout.buffer.write(content)
    except BrokenPipeError:
        _to_nobody(sys.stdout)
    except OSError as error:
        raise _unwritable(sys.stdout, error) from error
    flush()


def flush() -> None:
    """Hand over what is still to be written; StorageError where that cannot be."""
    for stream in filter(None, (sys.stdout, sys.stderr)):
        try:
            stream.flush()
        except BrokenPipeError:
            _to_nobody(stream)
        except OSError as error:
            raise _unwritable(stream, error) from error


def _to_nobody(stream: IO[str]) -> None:
    """Let go of what a stream still holds, and of all that will be written to it."""
    with suppress(OSError):
        nobody = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nobody, stream.fileno())
        os.close(nobody)


def _unwritable(stream: IO[str], error: OSError) -> StorageError:
    _to_nobody(stream)  # else Python tries again as it ends, and ends with a code of its own
    return StorageError(f"output: cannot be written: {error.strerror or error}")


def output() -> Console:
    """Return the console for results; plain when piped, without colour under NO_COLOR."""
    return PlainConsole(highlight=False, markup=False, emoji=False)


def errors() -> Console:
    """Return the console for errors and progress."""
    return PlainConsole(stderr=True, highlight=False, markup=False, emoji=False)
