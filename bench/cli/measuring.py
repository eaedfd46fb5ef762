"""What the verbs that measure share: options of the server, interruption, the recorded command."""

import asyncio
import os
import tempfile
from collections.abc import Coroutine
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
import uvloop

from bench.broker.address import AddressError, parse_addresses
from bench.broker.context import load_context
from bench.broker.endpoint import Endpoint
from bench.broker.link import first_answering
from bench.broker.login import creds_path
from bench.broker.server import find_server_binary
from bench.cli.console import errors
from bench.cli.options import MEASURING_PANEL, SERVER_PANEL
from bench.cli.signals import first_signal, heed
from bench.core.errors import UsageError
from bench.core.ids import run_id
from bench.core.units import NS_PER_S, format_duration, parse_duration_ns
from bench.record.store import RunStore
from bench.runner import preflight
from bench.runner.quiet import PATIENCE_S, Patience
from bench.runner.target import EmbeddedTarget, RemoteTarget, Target

ServerOption = Annotated[
    str | None,
    typer.Option(
        "--server",
        metavar="URL",
        help="Measure this server (nats://HOST:PORT) instead of an embedded one for each trial; of "
        "several, joined by commas, the first that answers.",
        rich_help_panel=SERVER_PANEL,
    ),
]
CredsOption = Annotated[
    Path | None,
    typer.Option(
        "--creds", metavar="FILE", help="A .creds file for --server.", rich_help_panel=SERVER_PANEL
    ),
]
ContextOption = Annotated[
    str | None,
    typer.Option(
        "--context",
        metavar="NAME",
        help="Measure the server of a `nats context`: URL, credentials and TLS files as it says.",
        rich_help_panel=SERVER_PANEL,
    ),
]
BinaryOption = Annotated[
    Path | None,
    typer.Option(
        "--server-bin",
        metavar="FILE",
        help="The embedded nats-server; else the installed one.",
        rich_help_panel=SERVER_PANEL,
    ),
]
StoreOption = Annotated[
    Path | None,
    typer.Option(
        "--store-dir",
        metavar="DIR",
        help="Where embedded stores live while a trial runs.",
        rich_help_panel=SERVER_PANEL,
    ),
]

TuiOption = Annotated[
    bool,
    typer.Option(
        "--tui/--no-tui",
        help="Draw the running trial; without it, a line per trial.",
        rich_help_panel=MEASURING_PANEL,
    ),
]
PatienceOption = Annotated[
    str,
    typer.Option(
        "--patience",
        metavar="DURATION",
        help="How long to wait in all for a host whose cores the hypervisor takes; 0s for never.",
        rich_help_panel=MEASURING_PANEL,
    ),
]
DEFAULT_PATIENCE = format_duration(round(PATIENCE_S) * NS_PER_S)

T = TypeVar("T")


def target_of(
    server: str | None,
    creds: Path | None,
    server_bin: Path | None,
    store_dir: Path | None,
    context: str | None = None,
) -> Target:
    """Return what the options name.

    Raises:
        UsageError: options that do not go together, no address, or a file that is of no use.
        ServerUnavailableError: no nats-server is installed, or of several none answers.
        StorageError: the store's directory cannot be written.
    """
    parent = store_dir or Path(tempfile.gettempdir())
    if store_dir is not None:
        preflight.check_writable(store_dir)
    if server_bin is not None and (server is not None or context is not None):
        raise UsageError("--server-bin: names an embedded server; leave it or --server out")
    if context is not None:
        if server is not None or creds is not None:
            raise UsageError("--context: says where and as whom; leave --server and --creds out")
        return RemoteTarget(endpoint=_of_context(context), parent=parent)
    if server is not None:
        return RemoteTarget(endpoint=_of_server(server, creds), parent=parent)
    if creds is not None:
        raise UsageError("--creds: goes with --server URL; the embedded server needs none")
    return EmbeddedTarget(binary=server_bin or find_server_binary(), parent=parent)


def _of_context(name: str) -> Endpoint:
    """Return the endpoint of a context: of several servers the first that answers."""
    found = load_context(name)
    for warning in found.warnings:
        errors().print(f"warning: {warning}", markup=False, soft_wrap=True)
    return asyncio.run(first_answering(found.endpoints))


def _of_server(text: str, creds: Path | None) -> Endpoint:
    """Return the endpoint of `--server` and `--creds`; an error repeats nothing of the address."""
    try:
        addresses = parse_addresses(text)
    except AddressError as error:
        raise UsageError(f"--server: {error}") from None
    if creds is not None and any(one.user is not None for one in addresses):
        raise UsageError("--creds: the URL of --server names a user as well; leave one of them out")
    try:
        path = creds_path(str(creds)) if creds is not None else ""
    except UsageError as error:
        raise UsageError(f"--creds: {error}") from None
    found = tuple(Endpoint(url=one.url, creds_file=path) for one in addresses)
    return asyncio.run(first_answering(found))


def patience_of(text: str) -> Patience:
    """Return how long a run may wait; UsageError for what is no duration."""
    try:
        return Patience(parse_duration_ns(text) / NS_PER_S)
    except ValueError as error:
        raise UsageError(f"--patience {text}: {error}") from None


def new_store(results: Path, label: str) -> RunStore:
    """Return the directory of a run that begins now; it does not exist yet."""
    base = run_id(label, datetime.now(UTC))
    names = (base, *(f"{base}-{number}" for number in range(2, 100)))
    # Where nobody may look, or no name is that short, writing says why.
    return RunStore(next(results / name for name in names if not os.path.lexists(results / name)))


def interruptible(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end; the first signal cancels the work, which cleans up undisturbed.

    Raises:
        KeyboardInterrupt: a signal came, or had come before and was kept from us.
    """
    try:
        heed()
    except KeyboardInterrupt:
        work.close()
        raise
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        loop = runner.get_loop()
        task = loop.create_task(work)
        came = False

        def cancel() -> None:
            nonlocal came
            came = True
            loop.call_soon_threadsafe(task.cancel)

        with first_signal(cancel), suppress(asyncio.CancelledError):
            found = loop.run_until_complete(task)
            if not came:  # else it came at the last moment, and nobody would hear another one
                return found
    raise KeyboardInterrupt
