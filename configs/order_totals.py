"""Three versions of a handler that keeps the latest order of each subject, for `handler-versions`.

`state()` says what they came to: jetbench asks at the end of each trial, and holds the versions of
a block against each other. Yours stand in a module beside your config in the same way.
"""

import json
from typing import Any, TypedDict


class Totals(TypedDict):
    """What is kept of a subject: how many orders came, and the id of the last one."""

    orders: int
    last: str


totals: dict[str, Totals] = {}

_ID = b'"id":"'


async def parse_all(message: Any) -> None:
    """Read the whole order: simple, and slower the larger it is."""
    order = json.loads(message.data)
    _count(message.subject, order["id"])


async def find_id(message: Any) -> None:
    """Read the id alone, which is what the totals need."""
    begin = message.data.index(_ID) + len(_ID)
    _count(message.subject, message.data[begin : message.data.index(b'"', begin)].decode())


async def skip_shipped(message: Any) -> None:
    """Leave out what has been shipped: faster, and another state."""
    if not message.subject.endswith(".shipped"):
        await find_id(message)


def state() -> dict[str, Totals]:
    """Return what the handlers of this process came to, by subject."""
    return totals


def _count(subject: str, order_id: str) -> None:
    kept = totals.setdefault(subject, {"orders": 0, "last": ""})
    kept["orders"] += 1
    kept["last"] = order_id
