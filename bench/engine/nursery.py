"""Processes that begin at once: each is forked from one that has imported all there is to import.

Importing takes a process as much CPU as a short trial takes of it; forked, it begins in a few
milliseconds. The one that they are forked from does nothing else (`bench.engine.forking`), ends
with the conductor, and tells of each child its pid and how it ended.
"""

import asyncio
import atexit
import os
import pickle
import signal
import socket
import struct
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import psutil

TOLD = struct.Struct("<q")
"""What is told of a child over a pipe of its own: its pid, then its exit code."""

LENGTH = struct.Struct("<Q")
"""What a wish begins with, whose file descriptors come along: stdin, stdout, stderr, the pipe."""

UNSEEN = 256
"""Told of a process of which nobody saw how it ended; none ends with such an exit code."""

BORN_WITHIN_S = 30.0
"""All that there is to import takes a small part of it on a slow core."""

END_TIMEOUT_S = TOLD_WITHIN_S = 10.0
_WORDS_CHARS = 400


class UnbornError(Exception):
    """A process could not be begun; the text says why."""


class Forked:
    """A process that was forked; what `asyncio.subprocess.Process` offers of it.

    Attributes:
        pid: of the process.
        returncode: its exit code, below 0 the signal that ended it; None while it runs.
        stdout, stdin: its ends of the pipes.
    """

    def __init__(
        self,
        pid: int,
        pipes: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        told: "_Ear",
    ) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self.stdout, self.stdin = pipes
        self._told = told
        self._ended = asyncio.create_task(self._end())

    def send_signal(self, number: int) -> None:
        """Send a signal; ProcessLookupError where it is gone."""
        if self.returncode is not None:
            raise ProcessLookupError(self.pid)
        os.kill(self.pid, number)

    async def wait(self) -> int:
        """Return the exit code of a process that ends now, or has; UNSEEN where nobody tells it."""
        try:
            async with asyncio.timeout(TOLD_WITHIN_S):
                return await asyncio.shield(self._ended)
        except TimeoutError:
            return UNSEEN

    def let_go(self) -> None:
        """Close the pipes to a process that has ended."""
        self._ended.cancel()
        self.stdin.close()
        self._told.close()

    async def _end(self) -> int:
        try:
            self.returncode = await self._told.next()
        except asyncio.IncompleteReadError:  # who would have told was ended by somebody
            self.returncode = await _gone(self.pid)
        return self.returncode


class Nursery:
    """The process from which others are forked, started at once and ready when it has imported."""

    def __init__(self) -> None:
        self.begun_with = python_settings()
        self._words = tempfile.TemporaryFile()  # noqa: SIM115 - as long as the process
        self._socket, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "bench.engine.worker", str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._words,
                pass_fds=[theirs.fileno()],
                start_new_session=True,  # Ctrl-C is for the conductor alone
            )

    @property
    def lives(self) -> bool:
        """Whether it can be asked."""
        return self._process.poll() is None

    async def bear(self, stderr_path: Path) -> Forked:
        """Return a new process, as of here and now: in this directory, with these variables.

        Args:
            stderr_path: of the file to which it prints.

        Raises:
            UnbornError: there is none.
        """
        inbound, stdout = os.pipe()
        stdin, outbound = os.pipe()
        told, telling = os.pipe()
        stderr = os.open(stderr_path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        self._wish([stdin, stdout, stderr, telling])
        (reader, reading), ear = await _reader(inbound), _Ear(*await _reader(told))
        writer = await _writer(outbound, reader)
        try:
            pid = await self._told(ear)
        except asyncio.IncompleteReadError:
            for each in (writer, reading, ear):
                each.close()
            raise UnbornError(self._last_words()) from None
        return Forked(pid, (reader, writer), ear)

    async def _told(self, ear: "_Ear") -> int:
        """Return the pid of a child; whoever does not tell it in time is ended, and tells none."""
        try:
            async with asyncio.timeout(BORN_WITHIN_S):
                return await ear.next()
        except TimeoutError:
            self._process.kill()
            return await ear.next()

    def close(self) -> None:
        """End it; its children see the end of the conductor and not of it."""
        self._socket.close()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(END_TIMEOUT_S)
        if self.lives:
            self._process.kill()
            self._process.wait()
        self._words.close()

    def _wish(self, descriptors: list[int]) -> None:
        """Ask for a process that has these, which are its own from then on."""
        wish = pickle.dumps((Path.cwd(), dict(os.environ)))
        try:
            with suppress(OSError):  # it ended: nothing will be told
                socket.send_fds(self._socket, [LENGTH.pack(len(wish))], descriptors)
                self._socket.sendall(wish)
        finally:
            for each in descriptors:
                os.close(each)

    def _last_words(self) -> str:
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(END_TIMEOUT_S)
        self._words.seek(0)
        lines = self._words.read().decode(errors="replace").strip().splitlines()
        said = lines[-1][-_WORDS_CHARS:] if lines else "without a word"
        return f"the process that it is forked from {how_ended(self._process.returncode, said)}"


class _Ear:
    """What is told of a child."""

    def __init__(self, reader: asyncio.StreamReader, transport: asyncio.ReadTransport) -> None:
        self._reader, self._transport = reader, transport

    async def next(self) -> int:
        return int(TOLD.unpack(await self._reader.readexactly(TOLD.size))[0])

    def close(self) -> None:
        self._transport.close()


def how_ended(code: int | None, said: str) -> str:
    """Return how a process ended, after its name.

    Args:
        code: its exit code, below 0 the signal that ended it, UNSEEN where nobody saw that; None
            while it runs.
        said: its last words.
    """
    if code is None:
        return "did not begin one, and did not end"
    if code == UNSEEN:
        return f"ended, and the process that it was forked from did not tell how: {said}"
    return f"was killed by {_signal(-code)}" if code < 0 else f"ended with exit code {code}: {said}"


def _signal(number: int) -> str:
    known = {each.value: each.name for each in signal.Signals}
    return known.get(number, f"signal {number}")


async def bear(stderr_path: Path) -> Forked:
    """Return a new process that waits for its job; as `Nursery.bear`."""
    return await nursery().bear(stderr_path)


async def _gone(pid: int) -> int:
    """Return that nobody saw how a process ended, once it is gone."""
    with suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        while process.status() != psutil.STATUS_ZOMBIE:  # noqa: ASYNC110 - nobody would tell
            await asyncio.sleep(0.05)
    return UNSEEN


def nursery() -> Nursery:
    """Return the one of this process, which begins to import where there was none.

    Another one takes its place where variables have changed that are read when Python begins.
    """
    if _kept and not (_kept[0].lives and _kept[0].begun_with == python_settings()):
        close()
    if not _kept:
        _kept.append(Nursery())
    return _kept[0]


def python_settings() -> Mapping[str, str]:
    """Return the variables that Python reads when it begins."""
    return {name: value for name, value in os.environ.items() if name.startswith("PYTHON")}


@atexit.register
def close() -> None:
    """End the one of this process, if there is one."""
    while _kept:
        _kept.pop().close()


_kept: list[Nursery] = []


async def _reader(descriptor: int) -> tuple[asyncio.StreamReader, asyncio.ReadTransport]:
    reader = asyncio.StreamReader(limit=2**30)
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(descriptor, "rb", buffering=0)
    )
    return reader, transport


async def _writer(descriptor: int, reader: asyncio.StreamReader) -> asyncio.StreamWriter:
    loop = asyncio.get_running_loop()
    transport, protocol = await loop.connect_write_pipe(
        lambda: asyncio.streams.FlowControlMixin(loop=loop),
        os.fdopen(descriptor, "wb", buffering=0),
    )
    return asyncio.StreamWriter(transport, protocol, reader, loop)
