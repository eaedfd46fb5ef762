"""Findings of the measuring half: how bad, what, in which words, and whom it befell."""

from bench.record.schema import Finding, Level


def invalid(code: str, text: str, role: str = "") -> Finding:
    """Return what makes the trial invalid; `role` is whom it befell, empty where it is nobody."""
    return Finding(level=Level.INVALID, code=code, text=text, role=role)


def warning(code: str, text: str, role: str = "") -> Finding:
    """Return what a reader must know of a trial that is valid."""
    return Finding(level=Level.WARNING, code=code, text=text, role=role)
