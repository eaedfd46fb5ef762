"""What a round trip over the loopback takes: no server on this host answers sooner."""

import socket
import threading
import time

from bench.record.health import Tail, tail_of

TRIPS = 2000
MESSAGE_BYTES = 128


def round_trips(trips: int = TRIPS) -> Tail:
    """Return how long so many messages take to a thread of ours and back, one after the other."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        echo = threading.Thread(target=_echo, args=(server,), daemon=True)
        echo.start()
        with socket.create_connection(server.getsockname(), timeout=10.0) as client:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            took_ns = [_trip_ns(client) for _ in range(trips)]
        echo.join(timeout=10.0)
    return tail_of(took_ns)


def _trip_ns(client: socket.socket) -> int:
    begun_ns = time.monotonic_ns()
    client.sendall(b"x" * MESSAGE_BYTES)
    _receive(client)
    return time.monotonic_ns() - begun_ns


def _receive(connection: socket.socket) -> bytes:
    """Return a whole message; nothing once the other side is gone."""
    received = b""
    while len(received) < MESSAGE_BYTES:
        piece = connection.recv(MESSAGE_BYTES - len(received))
        if not piece:
            return b""
        received += piece
    return received


def _echo(server: socket.socket) -> None:
    connection, _ = server.accept()
    with connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while message := _receive(connection):
            connection.sendall(message)
