"""What is kept of a self-benchmark: one JSON file with every single figure and the medians."""

from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter

from bench.core.files import write_whole
from bench.record.schema import Environment
from bench.selfbench.figures import Row, Run
from bench.selfbench.targets import Standing

SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Selfbench:
    """The file's content.

    Attributes:
        schema_version: of this file.
        environment: where and with what it was measured.
        repeats: how often every case ran.
        scale: share of the messages that each case kept; 1 for the whole.
        runs: every single figure.
        rows: median, least and greatest of each case's figures.
        targets: what is meant to be reached, and whether it was.
    """

    schema_version: int
    environment: Environment
    repeats: int
    scale: float
    runs: tuple[Run, ...]
    rows: tuple[Row, ...]
    targets: tuple[Standing, ...]


_SELFBENCH = TypeAdapter(Selfbench)


def write(path: Path, content: Selfbench) -> None:
    """Write the file whole, in place of an older one; StorageError when the disk refuses."""
    write_whole(path, _SELFBENCH.dump_json(content, indent=1))
