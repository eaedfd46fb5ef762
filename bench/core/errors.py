"""Errors that are the user's to mend, each with the exit code it ends in.

`ValueError` stands for a mistake of ours. A `BenchError` is raised once, where the fault is seen,
and printed once, in `bench/cli/ending.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum


class ExitCode(IntEnum):
    """How a command ends; the meaning CI relies on (docs/guides/ci.md)."""

    OK = 0
    FAILED = 1
    USAGE = 2
    INCONCLUSIVE = 3
    INVALID = 4
    UNFORESEEN = 70
    INTERRUPTED = 130


_PRECEDENCE = (
    ExitCode.INTERRUPTED,
    ExitCode.UNFORESEEN,
    ExitCode.USAGE,
    ExitCode.FAILED,
    ExitCode.INVALID,
    ExitCode.INCONCLUSIVE,
    ExitCode.OK,
)


def worst(codes: Sequence[ExitCode]) -> ExitCode:
    """Return the code that outranks the others, OK when there are none.

    130 > 70 > 2 > 1 > 4 > 3 > 0.
    """
    return min(codes, key=_PRECEDENCE.index, default=ExitCode.OK)


class BenchError(Exception):
    """A fault the user can mend: the text says what is wrong and what to do."""

    exit_code: ExitCode = ExitCode.USAGE


class UsageError(BenchError):
    """A wrong word on the command line or a file that is not there."""


class ServerUnavailableError(BenchError):
    """No usable JetStream server: nobody answers, JetStream is off, or it is too old."""


class NameCollisionError(BenchError):
    """A stream or bucket of this name exists and is not ours; it is left untouched."""


class StorageError(BenchError):
    """Results cannot be written: disk full, read-only, or not a directory."""


class RecordError(BenchError):
    """A record on disk is missing, broken, or of another schema version."""


class MeasurementError(BenchError):
    """A trial could not be measured; it is kept and marked invalid with this reason."""

    exit_code = ExitCode.INVALID


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Problem:
    """One thing wrong with one place of a user's file.

    Attributes:
        file: path as the user gave it.
        line: 1-based line; 0 when the whole file is meant.
        key: dotted key, e.g. `publish.rate`; empty when the whole file is meant.
        value: the value as written; empty when there is none.
        what: what is wrong, without a full stop.
        allowed: what would be right; empty when the text above says it all.
        nearest: the nearest right word; empty when none is near.
    """

    file: str
    line: int = 0
    key: str = ""
    value: str = ""
    what: str
    allowed: str = ""
    nearest: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        subject = f"{self.key} = {self.value}" if self.key and self.value else self.key
        text = ": ".join(part for part in (place, subject, self.what) if part)
        allowed = f"; allowed: {self.allowed}" if self.allowed else ""
        nearest = f"; did you mean '{self.nearest}'?" if self.nearest else ""
        return (text + allowed + nearest).replace("\n", "\\n")  # one problem, one line


class SpecError(BenchError):
    """Everything wrong with the user's files, all at once; nothing was run."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        files = len({problem.file for problem in problems})
        count = len(problems)
        tail = (
            f"{count} problem{'s' * (count != 1)} in {files} file{'s' * (files != 1)}; "
            "nothing was run"
        )
        super().__init__("\n".join([*(str(problem) for problem in problems), f"error: {tail}"]))
