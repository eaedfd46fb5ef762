"""What the process that carries one case's load is told, and how it measures itself."""

import gc
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import psutil

from bench.broker.admin import Names
from bench.broker.endpoint import Endpoint
from bench.core.errors import MeasurementError
from bench.core.units import NS_PER_S
from bench.engine.clock import now_ns
from bench.engine.usage import read_usage
from bench.plan.payload import PayloadTemplate, templates
from bench.selfbench.cases import KEYS, ProcessCase
from bench.selfbench.figures import LoadFigures
from bench.spec.workload import Payload

LIMIT_NS = 120 * NS_PER_S
"""After which a case that hangs is given up; one takes about a second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """The server that a case loads.

    Attributes:
        url: where it is.
        pid: for its CPU time.
        names: of the stream and the consumer that are ready there.
    """

    url: str
    pid: int
    names: Names

    @property
    def endpoint(self) -> Endpoint:
        """How to connect."""
        return Endpoint(url=self.url, name="jetbench-selfbench")

    @property
    def subject(self) -> str:
        """Where all messages go."""
        return f"{self.names.subject_prefix}events"

    @property
    def keys(self) -> tuple[str, ...]:
        """The subjects of the keys of its bucket."""
        return tuple(f"{self.names.subject_prefix}key.{number}" for number in range(KEYS))


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One case, to be carried out by one process.

    Attributes:
        case: what to do.
        server: where; None for a case without one.
        directory: for the records that are written meanwhile.
    """

    case: ProcessCase
    server: Server | None
    directory: Path


class Meter:
    """Clock and CPU counters around the parts of the program that are measured."""

    def __init__(self, server: Server | None) -> None:
        self._server = psutil.Process(server.pid) if server is not None else None
        self._server_cpu_ns = 0
        self._client_cpu_ns = 0
        self._elapsed_ns = 0
        self._begun_ns = 0

    def start(self) -> int:
        """Begin, or go on; return the instant."""
        # As the engine's workers do: what is set up lives as long as the load.
        gc.collect()
        gc.freeze()
        self._server_cpu_ns = self._server_cpu_ns or self._read_server()
        self._client_cpu_ns -= time.process_time_ns()
        self._begun_ns = now_ns()
        return self._begun_ns

    def stop(self) -> None:
        """End, or pause, the client's part."""
        self._elapsed_ns += now_ns() - self._begun_ns
        self._client_cpu_ns += time.process_time_ns()

    def figures(self, messages: int, ended_ns: int | None = None) -> LoadFigures:
        """Return the figures of so many messages; the server's part ends here.

        Args:
            messages: how many there were.
            ended_ns: instant of the last one's end; that of `stop` when left out.
        """
        server_cpu_ns = self._read_server() - self._server_cpu_ns
        return LoadFigures(
            messages=messages,
            elapsed_ns=ended_ns - self._begun_ns if ended_ns else self._elapsed_ns,
            client_cpu_ns=self._client_cpu_ns,
            server_cpu_ns=server_cpu_ns if self._server is not None else None,
        )

    def _read_server(self) -> int:
        if self._server is None:
            return 0
        usage = read_usage(self._server)
        if usage is None:
            raise MeasurementError("the server ended")
        return usage.cpu_ns


def template(size_bytes: int) -> PayloadTemplate:
    """Return the payload of a case."""
    payload = Payload.model_validate({"sizes": f"{size_bytes}B"})
    return templates(payload, np.random.default_rng(1))[0]


class Counted(Protocol):
    """A case with so many messages."""

    @property
    def name(self) -> str:
        """How tables know it."""

    @property
    def messages(self) -> int:
        """How many."""


def require_all(what: str, found: int, case: Counted) -> None:
    """Check that no message is missing and none came twice; else MeasurementError."""
    if found != case.messages:
        raise MeasurementError(f"{case.name}: {found} of {case.messages} messages {what}")
