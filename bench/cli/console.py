"""Where the command line writes: figures to standard output, everything else to standard error."""

from rich.console import Console


def output() -> Console:
    """Return the console for results; plain when piped, without colour under NO_COLOR."""
    return Console(highlight=False)


def errors() -> Console:
    """Return the console for errors and progress."""
    return Console(stderr=True, highlight=False)
