"""A nats-server that the tests of one module share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.server import RealServer


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealServer]:
    """A server that every test of a module may use, each with a stream of its own."""
    running = RealServer(tmp_path_factory.mktemp("nats"))
    running.start()
    yield running
    running.kill()


@pytest.fixture
def fresh_server(tmp_path: Path) -> Iterator[RealServer]:
    """A server that one test may kill."""
    running = RealServer(tmp_path)
    running.start()
    yield running
    running.kill()
