"""What was found out about a host, as it is kept with the results."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydantic import TypeAdapter

from bench.core.files import write_whole
from bench.record.checks import environment_faults
from bench.record.reading import MOST, Fault, Schema, read_json
from bench.record.schema import Environment

NAME = "doctor.json"
"""Beside the runs."""

SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Tail:
    """How long something took, time after time.

    Attributes:
        count: how often.
        p50_ns, p99_ns, max_ns: of those.
    """

    count: int
    p50_ns: int
    p99_ns: int
    max_ns: int


def tail_of(took_ns: Sequence[int]) -> Tail:
    """Return the tail of so many times, at least one."""
    p50, p99 = np.percentile(np.asarray(took_ns), (50, 99), method="higher")
    return Tail(count=len(took_ns), p50_ns=int(p50), p99_ns=int(p99), max_ns=max(took_ns))


@dataclass(frozen=True, slots=True, kw_only=True)
class Ceiling:
    """The most that one client process brought through, flat out, in messages of 128 B.

    Attributes:
        what: `publish to a memory store`.
        rate_msgs_per_s: so many.
        client_core_share: of a core, that the client used meanwhile.
        server_core_share: that the server did; None where it cannot be read.
    """

    what: str
    rate_msgs_per_s: float
    client_core_share: float
    server_core_share: float | None

    @property
    def client_alone_msgs_per_s(self) -> float | None:
        """What it would bring through with a core of its own, computed; None without CPU."""
        share = self.client_core_share
        return self.rate_msgs_per_s / share if share > 0 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Warned:
    """What makes this host a poor one to measure on.

    Attributes:
        what: was found, with its figure.
        remedy: what to do about it.
    """

    what: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What a host can do.

    Attributes:
        schema_version: of the file.
        environment: where and with what it was measured.
        steal_share: of one core that was wanted whole, what the hypervisor took.
        timer_late: how late the publisher's timer rings.
        disk: a write of 4 KiB and its `fdatasync`, where stores live.
        loopback: a round trip.
        ceilings: of one client process with an empty server.
        warnings: most important first; empty where nothing is in the way.
    """

    schema_version: int
    environment: Environment
    steal_share: float
    timer_late: Tail
    disk: Tail
    loopback: Tail
    ceilings: tuple[Ceiling, ...]
    warnings: tuple[Warned, ...] = ()


HEALTH = TypeAdapter(Health)


def write_health(results: Path, health: Health) -> Path:
    """Write it whole, in place of an older one; StorageError when the disk refuses."""
    path = results / NAME
    write_whole(path, HEALTH.dump_json(health, indent=1))
    return path


def read_health(results: Path) -> Health | None:
    """Return what is kept with the results; None where nothing is.

    Raises:
        RecordError: the file is broken, or of another version.
    """
    path = results / NAME
    if not path.exists():
        return None
    schema = Schema(adapter=HEALTH, version=SCHEMA_VERSION, check=_faults)
    return read_json(path, schema)


def _faults(health: Health) -> Iterator[Fault]:
    """Yield what cannot be so of a host: its figures are shown in reports."""
    for fault in environment_faults(health.environment):
        yield Fault(loc=("environment", *fault.loc), what=fault.what)
    for index, each in enumerate(health.ceilings):
        if not 0 < each.rate_msgs_per_s <= MOST:
            where = ("ceilings", index, "rate_msgs_per_s")
            yield Fault(loc=where, what="not above 0, or beyond counting")
