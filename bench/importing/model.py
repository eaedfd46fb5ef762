"""What came out of another benchmark's file, and what could not be carried over."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bench.spec.yaml_tree import Document, shortened


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """One thing that could not be carried over as it stood.

    Attributes:
        file: that it stood in; empty for a command line.
        line: 1-based line there; 0 for a command line.
        key: as it is called there.
        value: as written there; empty where there is none, or where it is a secret.
        why: what stands in its place, or why nothing does.
    """

    file: str = ""
    line: int = 0
    key: str
    value: str = ""
    why: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        subject = f"{self.key} = {self.value}" if self.value else self.key
        return ": ".join(part for part in (place, subject, self.why) if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What a source was turned into.

    Attributes:
        source: what it was, for people.
        workload: content of a workload file.
        settings: base of a config file.
        lost: what could not be carried over.
    """

    source: str
    workload: Mapping[str, Any]
    settings: Mapping[str, Any]
    lost: tuple[Lost, ...]


class Losses:
    """Gathers what could not be carried over.

    Attributes:
        found: so far, in order.
    """

    def __init__(self) -> None:
        self.found: list[Lost] = []

    def note(self, key: str, value: object, why: str) -> None:
        """Note what a command line says."""
        self.found.append(Lost(key=printable(key), value=shortened(printable(value)), why=why))

    def note_at(self, document: Document, key: str, why: str) -> None:
        """Note a key of a file, where it stands there."""
        if (key,) in document.lines:
            value = printable(document.written.get((key,), ""))
            line, name = document.line((key,)), printable(key)
            file = printable(document.file)
            self.found.append(Lost(file=file, line=line, key=name, value=value, why=why))


def printable(value: object) -> str:
    """Return a value as one line of text that no terminal and no comment takes for more."""
    text = str(value)
    return text if text.isprintable() else repr(text)
