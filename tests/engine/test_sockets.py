"""What connections carried: as the kernel counts it, by the process that has them."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Set

import pytest

from bench.engine import sockets
from bench.engine.sockets import Carried, Network, sockets_of

BYTES = 100_000
WITHIN_S = 20.0


@pytest.fixture
def server() -> Iterator[socket.socket]:
    """One that listens on the loopback."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


def once(read: Callable[[], bool]) -> bool:
    """Wait until it is so, or too long."""
    until_s = time.monotonic() + WITHIN_S
    while not (found := read()) and time.monotonic() < until_s:
        time.sleep(0.01)
    return found


def tells() -> bool:
    """Whether this host's kernel counts for us."""
    try:
        list(sockets.connections(set()))
    except OSError:
        return False
    return True


@pytest.mark.skipif(not tells(), reason="the kernel does not tell")
def test_bytes_are_counted_once_for_whom_has_the_connection(server: socket.socket) -> None:
    """What another process sends comes in here; what was there before its role is found as well."""
    send = f"import socket; s = socket.create_connection({server.getsockname()!r}); "
    send += f"s.sendall(bytes({BYTES})); s.recv(1)"
    with subprocess.Popen([sys.executable, "-c", send]) as sender:
        taken, _ = server.accept()
        with taken:
            network = Network()
            network.follow("server", os.getpid())
            come = 0
            while come < BYTES:
                come += len(taken.recv(BYTES))

            here = network.read()
            assert set(here) == {"server"}
            assert here["server"].in_bytes >= BYTES
            assert here["server"].out_bytes < BYTES

            network.follow("sender-0", sender.pid)
            assert once(lambda: network.read()["sender-0"].out_bytes >= BYTES)
            assert network.read()["sender-0"].in_bytes == 0
            taken.sendall(b".")


def scene(monkeypatch: pytest.MonkeyPatch, owned: Mapping[int, Set[int]]) -> dict[int, Carried]:
    """Connections that a test opens and closes, and whose they are."""
    open_: dict[int, Carried] = {}
    monkeypatch.setattr(
        sockets,
        "connections",
        lambda but: [(inode, each) for inode, each in open_.items() if inode not in but],
    )
    monkeypatch.setattr(sockets, "sockets_of", lambda pid: iter(owned.get(pid, set())))
    return open_


def test_what_ended_goes_on_to_count_once_it_was_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the look that misses it nobody knows what it carried last; that is not nothing."""
    open_ = scene(monkeypatch, {1: {11, 12, 13}, 2: {21}})
    network = Network()
    network.follow("consumer-0", 1)
    network.follow("server", 2)
    open_ |= {11: Carried(5, 1), 12: Carried(20, 2), 21: Carried(3, 25), 99: Carried(7, 7)}
    assert network.read() == {"consumer-0": Carried(25, 3), "server": Carried(3, 25)}

    del open_[12]
    assert network.read() == {"server": Carried(3, 25)}
    open_ |= {11: Carried(6, 1), 13: Carried(100, 10)}
    assert network.read()["consumer-0"] == Carried(126, 13)

    open_.clear()
    assert network.read() == {}
    assert network.read() == {}


def test_a_process_that_is_followed_later_brings_what_it_had(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One that waits to take another's place has its connection long before it is told of."""
    open_ = scene(monkeypatch, {1: {11}, 2: {21}})
    network = Network()
    network.follow("consumer-0", 1)
    open_ |= {11: Carried(5, 1), 21: Carried(30, 3)}
    assert network.read() == {"consumer-0": Carried(5, 1)}

    del open_[11]
    network.follow("consumer-0", 2)
    assert network.read() == {}
    assert network.read() == {"consumer-0": Carried(35, 4)}


def test_where_the_kernel_does_not_tell_nothing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on another system, or in a sandbox."""

    def refuse(_: Set[int]) -> Iterator[tuple[int, Carried]]:
        raise OSError

    monkeypatch.setattr(sockets, "connections", refuse)
    network = Network()
    network.follow("server", os.getpid())

    assert network.read() == {}


def test_a_process_that_is_gone_has_no_connections(server: socket.socket) -> None:
    """Ours has one that listens."""
    with subprocess.Popen(["true"]) as gone:
        gone.wait()

    assert list(sockets_of(gone.pid)) == []
    assert os.fstat(server.fileno()).st_ino in set(sockets_of(os.getpid()))


def test_a_connection_that_is_just_being_accepted_is_looked_for_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The kernel has it before any process does; it would count for nobody ever after."""
    owned: dict[int, set[int]] = {}
    open_ = scene(monkeypatch, owned)
    open_[7] = Carried(1, 2)
    network = Network()
    network.follow("server", 1)
    assert network.read() == {}

    owned[1] = {7}
    assert network.read() == {"server": Carried(1, 2)}
