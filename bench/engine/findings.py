"""Findings of the measuring half: how bad, what, in which words, whom it befell and when."""

from bench.record.schema import Finding, Level


def invalid(code: str, text: str, role: str = "", at_ns: int = -1) -> Finding:
    """Return what makes the trial invalid.

    Args:
        code: stable word.
        text: a sentence.
        role: whom it befell; empty where it is nobody.
        at_ns: when, from the trial's start; -1 where it is of the trial as a whole.
    """
    return Finding(level=Level.INVALID, code=code, text=text, role=role, at_ns=at_ns)


def warning(code: str, text: str, role: str = "", at_ns: int = -1) -> Finding:
    """Return what a reader must know of a trial that is valid; as `invalid`."""
    return Finding(level=Level.WARNING, code=code, text=text, role=role, at_ns=at_ns)
