"""A server that stores nothing and answers PubAcks as fast as it can: a publisher's ceiling.

Started as a program of its own (`python -m bench.selfbench.null_server`), it prints its port,
serves one connection and ends. It is exact for every PUB, and fast for runs of PUBs of one length,
which it reads as rows of a matrix. It speaks no more of the protocol than a publisher needs: no
headers, no consumers, no deliveries but PubAcks.
"""

import json
import socket

import numpy as np
from numpy.typing import NDArray

from bench.clients.wire.digits import digits_in_a_row

SEQUENCE_DIGITS = 15
"""As many as a publisher takes for a sequence (`bench.clients.wire.pubacks`): it would read
PubAcks with more of them one by one."""

FIRST_SEQUENCE = 10 ** (SEQUENCE_DIGITS - 1)
"""Large enough that every PubAck has the same length."""

PATIENCE_S = 30.0
RECEIVE_BYTES = 1 << 18
_INFO = {
    "server_id": "null",
    "server_name": "null",
    "version": "0.0.0",
    "proto": 1,
    "headers": True,
    "max_payload": 1 << 20,
}


class NullStream:
    """Turns what a publisher sends into what a stream would answer. No I/O.

    Attributes:
        stored: PUBs that were answered.
    """

    def __init__(self) -> None:
        self.stored = 0
        self._unread = b""
        self._sid = b"0"
        self._frame_size = 0
        self._line: NDArray[np.uint8] = np.empty(0, dtype=np.uint8)
        self._free: NDArray[np.bool_] = np.empty(0, dtype=np.bool_)
        self._reply = slice(0)

    def answers(self, data: bytes) -> bytes:
        """Return the answers to everything that is whole by now.

        Raises:
            ValueError: something that a publisher without headers does not send.
        """
        data = self._unread + data
        answers = []
        at = 0
        while found := self._run(data, at) or self._single(data, at):
            answer, at = found
            answers.append(answer)
        self._unread = data[at:]
        return b"".join(answers)

    def _run(self, data: bytes, at: int) -> tuple[bytes, int] | None:
        """Answer the run of PUBs like the last single one that begins at `at`."""
        count = (len(data) - at) // self._frame_size if self._frame_size else 0
        if not count:
            return None
        flat = np.frombuffer(data, dtype=np.uint8, count=count * self._frame_size, offset=at)
        rows = flat.reshape(count, self._frame_size)
        alien = (rows[:, : self._line.size] != self._line) & ~self._free
        if alien.any():
            count = int(alien.any(axis=1).argmax())
        if not count:
            return None
        return self._acks(rows[:count, self._reply]), at + count * self._frame_size

    def _single(self, data: bytes, at: int) -> tuple[bytes, int] | None:
        """Answer one frame of any kind; None when it is cut off."""
        line_end = data.find(b"\r\n", at)
        if line_end < 0:
            return None
        words = data[at:line_end].split()
        match words:
            case [b"PUB", _, reply, size]:
                end = line_end + 2 + int(size) + 2
                if len(data) < end:
                    return None
                self._learn(data[at : line_end + 2], reply, end - at)
                return self._acks(np.frombuffer(reply, dtype=np.uint8)[np.newaxis]), end
            case [b"SUB", _, sid]:
                self._sid = sid
                return b"", line_end + 2
            case [b"PING"]:
                return b"PONG\r\n", line_end + 2
            case [b"CONNECT" | b"PONG", *_]:
                return b"", line_end + 2
        raise ValueError(f"no frame for a null server: {data[at:line_end][:60]!r}")

    def _learn(self, line: bytes, reply: bytes, frame_size: int) -> None:
        """Take a PUB as the model of those to come; only the reply may differ."""
        start = line.rindex(reply, 0, line.rindex(b" "))
        self._frame_size = frame_size
        self._line = np.frombuffer(line, dtype=np.uint8)
        self._reply = slice(start, start + len(reply))
        self._free = np.zeros(len(line), dtype=np.bool_)
        self._free[self._reply] = True

    def _acks(self, replies: NDArray[np.uint8]) -> bytes:
        """Return a PubAck to each of the reply subjects, shape (n, bytes of a subject)."""
        count, subject_size = replies.shape
        payload = b'{"stream":"NULL","seq":%d}' % FIRST_SEQUENCE
        before = b"MSG %b %b %d\r\n" % (bytes(subject_size), self._sid, len(payload))
        frame = before + payload + b"\r\n"
        frames = bytearray(frame) * count
        rows = np.frombuffer(frames, dtype=np.uint8).reshape(count, len(frame))
        rows[:, 4 : 4 + subject_size] = replies
        digits_at = len(before) + payload.index(b"%d" % FIRST_SEQUENCE)
        digits = digits_in_a_row(FIRST_SEQUENCE + self.stored, count)[:, -SEQUENCE_DIGITS:]
        rows[:, digits_at : digits_at + SEQUENCE_DIGITS] = digits
        self.stored += count
        return bytes(frames)


def main() -> None:
    """Print the port, serve one connection, end."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(PATIENCE_S)
        print(listening.getsockname()[1], flush=True)  # noqa: T201 - read by who started us
        connection, _ = listening.accept()
    stream = NullStream()
    with connection:
        connection.settimeout(PATIENCE_S)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.sendall(b"INFO %b\r\n" % json.dumps(_INFO).encode())
        while data := connection.recv(RECEIVE_BYTES):
            connection.sendall(stream.answers(data))


if __name__ == "__main__":
    main()
