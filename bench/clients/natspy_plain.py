"""Messages of nats-py as the wire has them, for what is read exactly; pure."""

from collections.abc import Mapping

from nats.aio.msg import Msg

from bench.clients.wire.parse import Message


def plain(message: Msg) -> Message:
    """Return a message of the library as the wire has it."""
    header = _header(message.headers) if message.headers else b""
    return Message(message.subject.encode(), 1, b"", header, bytes(message.data))


def _header(fields: Mapping[str, str]) -> bytes:
    status = " ".join(filter(None, (fields.get("Status"), fields.get("Description"))))
    lines = [f"{name}: {value}" for name, value in fields.items()]
    return "\r\n".join([f"NATS/1.0 {status}".rstrip(), *lines, "", ""]).encode()
