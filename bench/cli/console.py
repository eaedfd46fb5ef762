r"""Where the command line writes: figures to standard output, everything else to standard error.

Text of users, of servers and of records passes through here. None of it is read as markup, and
nothing in it reaches the terminal as a command: control characters are written out (`\\x1b`).
"""

from collections.abc import Iterable

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

_CONTROLS = (*range(0x20), *range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A))
_SPELLED = {each: repr(chr(each))[1:-1] for each in _CONTROLS if chr(each) not in {"\n", "\t"}}
"""What terminals act on: C0, DEL, C1, and the marks that turn the direction of writing."""


class PlainConsole(Console):
    """A console for text that others wrote."""

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """Render as usual, control characters spelled."""
        for segment in super().render(renderable, options):
            if segment.control is None:
                yield Segment(segment.text.translate(_SPELLED), segment.style)
            else:
                yield segment


def output() -> Console:
    """Return the console for results; plain when piped, without colour under NO_COLOR."""
    return PlainConsole(highlight=False, markup=False, emoji=False)


def errors() -> Console:
    """Return the console for errors and progress."""
    return PlainConsole(stderr=True, highlight=False, markup=False, emoji=False)
