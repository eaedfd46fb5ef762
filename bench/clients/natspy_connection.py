"""A connection of `nats-py`, and what is sent over one."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import nats.errors
import numpy as np
from nats.aio.client import Client

from bench.broker import admin
from bench.broker.link import violation_in
from bench.clients.faults import CLOSING, Faults
from bench.clients.port import Endpoint, Messages
from bench.clients.signing import signature_of
from bench.plan.traffic import ID_DIGITS

CLOSE_TIMEOUT_S = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A message as the library is given it.

    Attributes:
        subject, payload: of it.
        headers: of it; None without any.
    """

    subject: str
    payload: bytes
    headers: dict[str, str] | None

    @classmethod
    def of(cls, messages: Messages, position: int, last: int = 0) -> "Outgoing":
        """Return the message of a position; `last` is what `{last}` stands for."""
        number, acts = int(messages.ids[position]), messages.act_index
        act = messages.acts[0 if acts is None else int(acts[position])]
        numbers = {"id": f"{number:0{ID_DIGITS}d}", "last": last, "at": ""}
        if messages.at_ns is not None:
            numbers["at"] = str(np.datetime64(int(messages.at_ns[position]), "ns"))
        if messages.signer is not None:
            at = str(numbers["at"]).encode()
            numbers["signature"] = signature_of(messages.signer, messages, position, at).decode()
        fixed = (*messages.headers, *act)
        template = messages.payloads[messages.payload_index[position]]
        subject = messages.subjects[messages.subject_index[position]]
        return cls(
            subject=subject.format_map(numbers) if "{" in subject else subject,
            payload=template.filled(number),
            headers={name: text.format_map(numbers) for name, text in fixed} or None,
        )


class NatsPyConnection:
    """A connection that notes its faults instead of mending them."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._client: Client | None = None
        self._faults = Faults()

    @property
    def client(self) -> Client:
        """The connection; ValueError before it is open."""
        if self._client is None:
            raise ValueError("not open")
        return self._client

    @property
    def faults(self) -> Sequence[str]:
        """Disconnects, dropped messages and errors seen so far, in words."""
        return self._faults.words()

    async def _connect(self) -> Client:
        self._client = await admin.connect(
            self._endpoint, on_error=self._note_error, on_disconnect=self._note_disconnect
        )
        return self._client

    async def _note_error(self, error: Exception) -> None:
        self._faults.note(violation_in(error) or f"{type(error).__name__}: {error}")

    async def _note_disconnect(self) -> None:
        if self._client is not None and not self._client.is_closed:
            self._faults.note("connection lost")

    async def close(self) -> None:
        """Flush and disconnect; never raises."""
        if self._client is None:
            return
        client, self._client = self._client, None
        try:
            await asyncio.wait_for(client.close(), CLOSE_TIMEOUT_S)
        except (OSError, TimeoutError, nats.errors.Error) as error:
            self._faults.note(f"{CLOSING}{type(error).__name__}")
