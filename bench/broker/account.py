"""What JetStream says of the account that we belong to."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nats.aio.client import Client

from bench.broker.admin import api


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account's limits and what is used of them.

    Attributes:
        info: JetStream's own answer.
    """

    info: Mapping[str, Any]

    @property
    def domain(self) -> str:
        """Of the JetStream that answered; empty for none."""
        return str(self.info.get("domain") or "")

    def left_bytes(self, storage: str, replicas: int) -> int | None:
        """Return how much one more stream may hold before the account is full; None: no limit.

        Args:
            storage: `file` or `memory`.
            replicas: of the stream. In tiers a limit holds for each replica, elsewhere for their
                sum (nats-server, jetstream.go, limitsExceeded).
        """
        key = "storage" if storage == "file" else "memory"
        tiers = self.info.get("tiers")
        found = tiers.get(f"R{replicas}", {}) if tiers else self.info
        limit = (found.get("limits") or {}).get(f"max_{key}", -1)
        if limit < 0:
            return None
        left: int = max(0, limit - found.get(key, 0))
        return left // (1 if tiers else replicas)


async def account(client: Client) -> Account:
    """Ask JetStream about our account; ServerUnavailableError where there is no JetStream."""
    return Account(info=await api(client, "INFO"))
