"""Bytes that processes' TCP connections carried, as the kernel counts them, read from outside.

What `ss -ti` shows: nothing is counted where load is made, and both clients and the server are
counted alike. Source: `sock_diag(7)`, `linux/inet_diag.h`, `tcp_info` of `linux/tcp.h`.
"""

import os
import socket
import struct
import sys
from collections.abc import Iterator, Mapping, Set
from contextlib import suppress
from typing import NamedTuple

_SOCK_DIAG = 4
_OF_TCP, _DUMP = 18, 0x301
"""Of both families at once: the kernel goes through all its places for connections, 1 ms or so."""

_ERROR, _DONE = 2, 3
_TCP_INFO = 2
_OPEN = sum(1 << state for state in (1, 4, 5, 8))
"""Established, or closed by one side: others carry nothing and belong to no process."""

_HEAD = struct.Struct("=IHHII")
_REQUEST = struct.Struct("=xxxB48xIxxxx")
_REQUEST_BYTES = _HEAD.size + _REQUEST.size
_MESSAGE_BYTES = 72
_INODE = struct.Struct("=68xI")
_ATTRIBUTE = struct.Struct("=HH")
_CARRIED = struct.Struct("=120xQQ")
"""`tcpi_bytes_acked` and `tcpi_bytes_received`, since Linux 4.1."""

_CHUNK_BYTES = 1 << 16
_ANSWER_WITHIN_S = 1.0
_LINK = "socket:["


class Carried(NamedTuple):
    """What went over connections so far: payload of TCP, what was sent as far as it was taken."""

    in_bytes: int
    out_bytes: int


class Network:
    """What the connections of followed processes carried, those that have ended included.

    What one carried between its last look and its end is not known: a look that misses one tells
    nothing of its role, and later ones go on without that.
    """

    def __init__(self) -> None:
        self._pids: dict[str, int] = {}
        self._owners: dict[int, str] = {}
        self._carried: dict[int, Carried] = {}
        self._open: set[int] = set()
        self._new: set[int] = set()
        self._strange: set[int] = set()

    def follow(self, role: str, pid: int) -> None:
        """Count the connections of this process with those of its role from now on."""
        self._pids[role] = pid
        self._strange.clear()  # some may be its own

    def read(self) -> Mapping[str, Carried]:
        """Return what the connections of roles carried until now, of those that can be told.

        A role is left out where none of its connections is open, where one ended since the look
        before, and where nobody may look into its process; all are where the kernel does not tell.
        """
        try:
            found = dict(connections(self._strange))
        except OSError:
            return {}
        self._find_owners(found.keys() - self._owners.keys())
        before, self._open = self._open, found.keys() & self._owners.keys()
        self._carried |= {inode: found[inode] for inode in self._open}
        told = self._roles(self._open) - self._roles(before - self._open)
        return {role: self._sum(role) for role in told}

    def _find_owners(self, inodes: Set[int]) -> None:
        for role, pid in self._pids.items() if inodes else ():
            self._owners |= dict.fromkeys(inodes & set(sockets_of(pid)), role)
        nobodys = inodes - self._owners.keys()
        self._strange |= nobodys & self._new  # who accepts one has it a moment later
        self._new = set(nobodys)

    def _roles(self, inodes: Set[int]) -> set[str]:
        return {self._owners[inode] for inode in inodes}

    def _sum(self, role: str) -> Carried:
        each = [self._carried[inode] for inode, whose in self._owners.items() if whose == role]
        return Carried(*map(sum, zip(*each, strict=True)))


def sockets_of(pid: int) -> Iterator[int]:
    """Yield the inodes of a process's sockets; none where it is gone or not ours to look into."""
    with suppress(OSError):
        for descriptor in os.listdir(f"/proc/{pid}/fd"):  # noqa: PTH208 - no Path for each
            with suppress(OSError):  # closed meanwhile
                target = os.readlink(f"/proc/{pid}/fd/{descriptor}")  # noqa: PTH115
                if target.startswith(_LINK):
                    yield int(target[len(_LINK) : -1])


def connections(but: set[int]) -> Iterator[tuple[int, Carried]]:
    """Yield the open TCP connections of this network namespace but some, by inode.

    Raises:
        OSError: the kernel does not tell.
    """
    if sys.platform != "linux":
        raise OSError("only Linux tells")
    for message in _messages():
        (inode,) = _INODE.unpack_from(message)
        if inode and inode not in but:  # 0: nobody has accepted it yet
            yield inode, _carried(message)


def _messages() -> Iterator[bytes]:
    """Yield what the kernel answers of each connection."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, _SOCK_DIAG) as asked:
        asked.settimeout(_ANSWER_WITHIN_S)
        head = _HEAD.pack(_REQUEST_BYTES, _OF_TCP, _DUMP, 1, 0)
        asked.send(head + _REQUEST.pack(1 << (_TCP_INFO - 1), _OPEN))
        while True:
            for kind, content in _split(asked.recv(_CHUNK_BYTES)):
                if kind == _DONE:
                    return
                if kind == _ERROR:
                    raise OSError(-int.from_bytes(content[:4], sys.byteorder, signed=True), "")
                yield content


def _split(chunk: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the type and the content of each message of a chunk."""
    at = 0
    while at < len(chunk):
        size, kind, *_ = _HEAD.unpack_from(chunk, at)
        yield kind, chunk[at + _HEAD.size : at + size]
        at += _aligned(size)


def _carried(message: bytes) -> Carried:
    at = _MESSAGE_BYTES
    while at < len(message):
        size, kind = _ATTRIBUTE.unpack_from(message, at)
        if kind == _TCP_INFO and size >= _ATTRIBUTE.size + _CARRIED.size:
            out_bytes, in_bytes = _CARRIED.unpack_from(message, at + _ATTRIBUTE.size)
            return Carried(in_bytes, out_bytes)
        at += _aligned(size)
    raise OSError("the kernel does not count what connections carry")


def _aligned(size: int) -> int:
    return (size + 3) & ~3
