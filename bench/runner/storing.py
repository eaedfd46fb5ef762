"""What messages of a workload take in a file store: laid on a server of their own, and looked at.

A few seconds for each compression. The server compresses a block of a stream when it is full, so
messages are laid until some are; what they take is read off the files' lengths.
"""

import asyncio
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from time import monotonic
from typing import get_args

import nats.errors
from nats.aio.client import Client

from bench.broker import admin
from bench.broker.observe import StreamState, stream_state
from bench.core.errors import MeasurementError
from bench.plan.model import Cell
from bench.plan.storing import Laid, messages_like, why_unlaid
from bench.record.storage import SCHEMA_VERSION, Compression, Storage, Stored, Unstored
from bench.runner.target import EmbeddedTarget
from bench.spec.variant import StreamSettings

FULL_BLOCKS = 3
"""So many are full when it is looked."""

LONGEST_S, MOST_BYTES = 20.0, 512 * 1024**2
"""Laying ends there all the same."""

AT_ONCE, AT_ONCE_BYTES = 2000, 8 * 1024**2
"""Messages, or bytes of them, between two answers: the server holds what it has not stored."""

SILENCE_S = 10.0
_SETTLES_S, _LOOK_S = 10.0, 0.1
_COMPRESSED = b"cmp"
"""How a compressed block begins: nats-server 2.15.1, filestore.go."""

_PREFIX = "s."
"""Short: it travels in every message, and a user has none."""

Tell = Callable[[str], None]


async def measure_storage(target: EmbeddedTarget, bases: Iterable[Cell], tell: Tell) -> Storage:
    """Return what messages like those of these cells take, with each compression.

    Args:
        target: whose servers are started, one for each look.
        bases: cells as written.
        tell: hears what is looked at.

    Raises:
        ServerUnavailableError: no server came up.
        MeasurementError: messages could not be laid.
    """
    stored: list[Stored] = []
    unstored: list[Unstored] = []
    known: list[tuple[Cell, Sequence[Stored]]] = []
    for base in bases:
        if why := why_unlaid(base):
            unstored.append(Unstored(base_id=base.id, why=why))
            continue
        found = next((looks for each, looks in known if _alike(each, base)), None)
        if found is None:
            found = [await _stored(target, base, each, tell) for each in get_args(Compression)]
            known.append((base, found))
        stored += (replace(each, base_id=base.id) for each in found)
    return Storage(
        schema_version=SCHEMA_VERSION,
        measured_utc=datetime.now(UTC).isoformat(timespec="seconds"),
        server_version=await target.version(),
        stored=tuple(stored),
        unstored=tuple(unstored),
    )


def _alike(one: Cell, other: Cell) -> bool:
    """Say whether messages of two cells are alike, and so is the server that keeps them."""
    same = one.settings.publish == other.settings.publish
    return same and (one.workload, one.settings.server) == (other.workload, other.settings.server)


async def _stored(
    target: EmbeddedTarget, base: Cell, compression: Compression, tell: Tell
) -> Stored:
    tell(f"bytes on disk of {base.variants[0]}, compression {compression}")
    settings = base.settings.server.model_copy(update={"max_file": None, "max_mem": None})
    names = replace(admin.trial_names(f"storage of {base.id}", 0), subject_prefix=_PREFIX)
    async with target.serving(settings) as (server, endpoint):
        if server.directory is None:
            raise MeasurementError("the store of this server cannot be seen")
        client = await admin.connect(endpoint)
        try:
            stream = StreamSettings(storage="file", compression=compression)
            await admin.make_stream(client, stream, names)
            seen = _Blocks(server.directory / "store", compression)
            payload_bytes = await _lay(client, base, seen)
            await seen.settle()
            return _found(base, seen, await stream_state(client, names), payload_bytes)
        finally:
            await client.close()


def _found(base: Cell, seen: "_Blocks", state: StreamState, payload_bytes: int) -> Stored:
    *full, last = seen.paths()
    return Stored(
        base_id=base.id,
        compression=seen.compression,
        messages=state.msgs,
        payload_bytes=payload_bytes,
        stream_bytes=state.size_bytes,
        open_bytes=min(last.stat().st_size, state.size_bytes),
        disk_bytes=sum(path.stat().st_size for path in full),
    )


async def _lay(client: Client, base: Cell, seen: "_Blocks") -> int:
    """Lay messages until enough blocks are full; return the bytes of their payloads."""
    messages, payload_bytes, until_s = messages_like(base), 0, monotonic() + LONGEST_S
    while True:
        for batch in _batches(messages):
            payload_bytes += await _publish(client, batch)
            over = monotonic() > until_s or payload_bytes > MOST_BYTES
            if over or len(seen.paths()) > FULL_BLOCKS:
                return payload_bytes


def _batches(messages: Iterator[Laid]) -> Iterator[list[Laid]]:
    while True:
        first = next(messages)
        most = max(1, min(AT_ONCE, AT_ONCE_BYTES // max(len(first.payload), 1)))
        yield [first, *islice(messages, most - 1)]


async def _publish(client: Client, batch: list[Laid]) -> int:
    """Publish messages; the answer to the last says that all before it are stored."""
    *others, last = batch
    try:
        for each in others:
            subject = f"{_PREFIX}{each.subject}"
            await client.publish(subject, each.payload, headers=each.headers or None)
        answer = await client.request(
            f"{_PREFIX}{last.subject}", last.payload, SILENCE_S, headers=last.headers or None
        )
    except (OSError, TimeoutError, nats.errors.Error) as error:
        raise MeasurementError(f"no answer while messages were laid: {error}") from error
    if "error" in (content := json.loads(answer.data)):
        raise MeasurementError(f"a message was refused: {content['error'].get('description')}")
    return sum(len(each.payload) for each in batch)


@dataclass(frozen=True, slots=True)
class _Blocks:
    """The files that a stream keeps its messages in.

    Attributes:
        store: directory of the server; nothing else is in it.
        compression: of the stream.
    """

    store: Path
    compression: Compression

    def paths(self) -> list[Path]:
        """Return the files, the one that is written last."""
        found = (path for path in self.store.rglob("*.blk") if path.stem.isdigit())
        return sorted(found, key=lambda path: int(path.stem))

    async def settle(self) -> None:
        """Wait until the files do not change any more: full ones are compressed afterwards."""
        until_s, before = monotonic() + _SETTLES_S, list[int]()
        while monotonic() < until_s:
            await asyncio.sleep(_LOOK_S)
            now = self._sizes()
            if now == before and self._compressed():
                return
            before = now
        raise MeasurementError("the blocks of the store did not settle")

    def _sizes(self) -> list[int]:
        with suppress(OSError):  # one is replaced while we look
            return [path.stat().st_size for path in self.paths()]
        return []

    def _compressed(self) -> bool:
        """Say whether every full block is as the stream wants it."""
        if self.compression == "none":
            return True
        with suppress(OSError):
            return all(_begins(path) == _COMPRESSED for path in self.paths()[:-1])
        return False


def _begins(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(len(_COMPRESSED))
