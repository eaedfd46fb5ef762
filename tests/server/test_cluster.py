"""Replicas on a cluster of the user's own: rehearsed, measured, and removed."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from bench.broker import admin
from bench.broker.endpoint import Endpoint
from bench.core.errors import BenchError
from bench.plan.estimate import estimate
from bench.record.store import RunStore
from bench.runner import preflight
from bench.runner.target import RemoteTarget
from bench.spec.variant import Settings
from tests.clients.server import RealServer
from tests.server.running import complaints, plan_of, run_trial, workload
from tests.spec.cases import OF_CLUSTERS
from tests.spec.test_jetstream_server import create

pytestmark = pytest.mark.nats

R3 = {"stream": {"num_replicas": 3}, "consumer": {"num_replicas": 3}}


def free_ports(count: int) -> list[int]:
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[str]:
    """Three servers; yields the URL of one of them once JetStream has a leader."""
    ports = free_ports(3)
    routes = ", ".join(f'"nats://127.0.0.1:{port}"' for port in ports)
    servers = []
    for number, port in enumerate(ports):
        (tmp_path / f"n{number}").mkdir()
        config = (
            f"server_name: n{number}\n"
            f'cluster {{ name: c, listen: "127.0.0.1:{port}", routes: [{routes}] }}'
        )
        servers.append(RealServer(tmp_path / f"n{number}", config))
    try:
        for server in servers:
            server.start()
        asyncio.run(_led(servers[0].url))
        yield servers[0].url
    finally:
        for server in servers:
            server.kill()


async def _led(url: str) -> None:
    """Wait until the three have agreed on a leader and know each other."""
    names = admin.trial_names("a-test-of-its-own", 1)
    link = await admin.connect(Endpoint(url=url))
    for _ in range(60):
        try:
            settings = Settings.model_validate(R3)
            await admin.provision(link, settings, names, shared=False, sample_percent=None)
            await admin.remove(link, names)
            break
        except BenchError:
            await asyncio.sleep(0.5)
    await link.close()


def test_replicas_are_rehearsed_measured_and_removed(tmp_path: Path, cluster: str) -> None:
    """And what the version makes of such a stream stands beside its figures."""
    load, target = (
        workload("100/s", "1s"),
        RemoteTarget(endpoint=Endpoint(url=cluster), parent=tmp_path),
    )
    plan = plan_of(load, Settings.model_validate(R3))
    fitness = asyncio.run(
        preflight.check(plan, target, RunStore(tmp_path / "results" / "run"), estimate(plan))
    )

    record = run_trial(tmp_path, load, R3, target=target).record

    notes = [finding.text for finding in record.findings if finding.code == "replicated-store"]
    assert record.ledger is not None, complaints(record)
    assert record.ledger["lost"] == 0
    assert notes[0].startswith(f"nats-server {fitness.server_version} flushes a file stream of 3")
    assert asyncio.run(_streams(cluster)) == set()
    assert asyncio.run(_answers(cluster)) == {case.name: case.code for case in OF_CLUSTERS}


async def _answers(url: str) -> dict[str, int]:
    """Return the error code with which it answers each case; 0 where it takes it."""
    link, found = await admin.connect(Endpoint(url=url)), dict.fromkeys(map(str, OF_CLUSTERS), 0)
    for index, case in enumerate(OF_CLUSTERS):
        names = admin.trial_names("rules", index)
        try:
            await create(link, case, names)
        except admin.ApiError as error:
            found[case.name] = error.err_code
        await admin.remove(link, names)
    await link.close()
    return found


async def _streams(url: str) -> set[str]:
    link = await admin.connect(Endpoint(url=url))
    names = await admin.stream_names(link)
    await link.close()
    return names
