"""Whether two environments are the same for measuring: host, server and clients."""

from collections.abc import Mapping
from hashlib import sha256

from bench.record.schema import Environment

CLIENT_PACKAGES = ("nats-py", "uvloop")
"""Of the recorded packages those that carry load."""


def fingerprint(environment: Environment) -> str:
    """Return a short digest of the host: another one is another host, or a changed one."""
    text = "\n".join(f"{key}={value}" for key, value in _host(environment).items())
    return sha256(text.encode()).hexdigest()[:16]


def differences(before: Environment, after: Environment) -> tuple[str, ...]:
    """Return what makes figures of two environments incomparable: `kernel: 6.1, then 6.8`."""
    old, new = ({**_host(each), **_software(each)} for each in (before, after))
    return tuple(
        f"{key}: {old[key] or 'unknown'}, then {new[key] or 'unknown'}"
        for key in old
        if old[key] != new[key]
    )


def _host(environment: Environment) -> Mapping[str, str]:
    return {
        "host": environment.host,
        "system": environment.os,
        "kernel": environment.kernel,
        "architecture": environment.architecture,
        "CPU": environment.cpu_model,
        "CPUs": str(environment.cpus),
        "memory": str(environment.memory_bytes),
        "file system": environment.store_filesystem,
    }


def _software(environment: Environment) -> Mapping[str, str]:
    return {
        "server": environment.server,
        "server version": environment.server_version,
        "Python": environment.python,
        "jetbench": environment.jetbench,
        **{name: environment.packages.get(name, "") for name in CLIENT_PACKAGES},
    }
