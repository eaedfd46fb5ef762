"""What messages of a workload take in a file store, as it is kept beside the trials of a run."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter

from bench.record.checks import instant
from bench.record.reading import Fault, Loc, Schema, read_json
from bench.record.store import write_json

NAME = "storage.json"
"""In the directory of the run."""

SCHEMA_VERSION = 1

Compression = Literal["none", "s2"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """Messages that were laid into a file stream of one replica, and what they took.

    Attributes:
        base_id: cell whose messages they are like.
        compression: of the stream.
        messages: so many, above 0.
        payload_bytes: of all of them.
        stream_bytes: of all of them, as the server counts: before compression.
        open_bytes: of those, in the block that was written last: it is compressed when it is full.
        disk_bytes: length of the other blocks' files; 0 where all is in the open one.
    """

    base_id: str
    compression: Compression
    messages: int
    payload_bytes: int
    stream_bytes: int
    open_bytes: int
    disk_bytes: int

    @property
    def closed_bytes(self) -> int:
        """Of the messages in blocks that are full, as the server counts."""
        return self.stream_bytes - self.open_bytes

    @property
    def stream_bytes_per_msg(self) -> float:
        """What the server counts for a message."""
        return self.stream_bytes / self.messages

    @property
    def disk_bytes_per_msg(self) -> float:
        """What a message takes on the disk once its block is full; plain where none was full."""
        share = self.disk_bytes / self.closed_bytes if self.closed_bytes else 1.0
        return self.stream_bytes_per_msg * share


@dataclass(frozen=True, slots=True, kw_only=True)
class Unstored:
    """Why nothing was laid for a cell."""

    base_id: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Storage:
    """What was found.

    Attributes:
        schema_version: of the file.
        measured_utc: when.
        server_version: of the nats-server.
        stored: one for each cell and compression.
        unstored: cells of which nothing is known.
    """

    schema_version: int
    measured_utc: str
    server_version: str
    stored: tuple[Stored, ...] = ()
    unstored: tuple[Unstored, ...] = ()

    def of(self, base_id: str, compression: str) -> Stored | None:
        """Return what was found for a cell and a compression."""
        for each in self.stored:
            if (each.base_id, each.compression) == (base_id, compression):
                return each
        return None

    def why_not(self, base_id: str) -> str:
        """Return why nothing was laid for a cell; empty where that is not known."""
        return next((each.why for each in self.unstored if each.base_id == base_id), "")


STORAGE = TypeAdapter(Storage)


def write_storage(run: Path, storage: Storage) -> None:
    """Keep it with a run, in place of an older one; StorageError when the disk refuses."""
    write_json(run / NAME, STORAGE, storage)


def read_storage(run: Path) -> Storage | None:
    """Return what is kept with a run; None where nothing is.

    Raises:
        RecordError: the file is broken, or of another version.
    """
    path = run / NAME
    if not path.exists():
        return None
    return read_json(path, Schema(adapter=STORAGE, version=SCHEMA_VERSION, check=_faults))


def _faults(storage: Storage) -> Iterator[Fault]:
    if instant(storage.measured_utc) is None:
        yield Fault(loc=("measured_utc",), what="no instant of UTC")
    for index, each in enumerate(storage.stored):
        yield from _unfit(each, ("stored", index))


def _unfit(each: Stored, loc: Loc) -> Iterator[Fault]:
    if each.messages <= 0:
        yield Fault(loc=(*loc, "messages"), what="not one message")
    if not 0 <= each.open_bytes <= each.stream_bytes:
        yield Fault(loc=(*loc, "open_bytes"), what="not within stream_bytes")
    if each.payload_bytes < 0 or each.stream_bytes < max(each.payload_bytes, 1):
        yield Fault(loc=(*loc, "stream_bytes"), what="less than the payloads alone")
    if (each.disk_bytes > 0) is not (each.closed_bytes > 0) or each.disk_bytes < 0:
        yield Fault(loc=(*loc, "disk_bytes"), what="does not fit to the blocks that are full")
    if each.compression == "none" and 2 * each.disk_bytes < each.closed_bytes:
        yield Fault(loc=(*loc, "disk_bytes"), what="less than half of what is not compressed")
