"""Messages like those of a workload, to see what they take in a store.

Those of a trial differ in their id alone, and thousands of them compress to next to nothing. Here
each has contents of its own, so that compression is not flattered: noise and letters dealt anew, of
which s2 makes nothing smaller, around the names and times that every message repeats.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np

from bench.plan.model import Cell
from bench.plan.payload import PayloadTemplate, templates
from bench.spec.headers import ATOMIC_HEADER_BYTES, header_lines
from bench.spec.variant import PublishSettings
from bench.spec.workload import Header, Load, Payload

_SEED = 1
_SERVERS_OWN, _OURS = "Nats-", "Jets-"
"""A header of the server's own would have it do something; one of ours is as long."""


@dataclass(frozen=True, slots=True)
class Laid:
    """A message.

    Attributes:
        subject: without a prefix.
        payload: bytes.
        headers: name -> value.
    """

    subject: str
    payload: bytes
    headers: dict[str, str]


def why_unlaid(cell: Cell) -> str:
    """Return why what a cell keeps is not just the messages that are published; else empty."""
    if not cell.workload.keeps_as_published:
        return f"a workload of the kind {cell.workload.kind} keeps more, or less, than is published"
    if len(cell.workload.loads) > 1:
        return "the workload publishes to several streams"
    if cell.workload.kept_in(cell.settings).storage != "file":
        return "the variant keeps its stream in memory"
    return ""


def messages_like(cell: Cell) -> Iterator[Laid]:
    """Yield messages without end: sizes by their shares, subjects in turns."""
    (load,) = cell.workload.loads.values()
    rng = np.random.default_rng(_SEED)
    sizes, shares = list(load.payload.sizes), list(load.payload.sizes.values())
    names, number = load.subjects.names, 0
    while True:
        for size in rng.choice(sizes, size=1000, p=np.array(shares) / sum(shares)):
            yield Laid(
                names[number % len(names)],
                _template(load.payload, int(size), rng).filled(number),
                _headers(load, cell.settings.publish, number, rng),
            )
            number += 1


def _template(payload: Payload, size: int, rng: np.random.Generator) -> PayloadTemplate:
    (made,) = templates(payload.model_copy(update={"sizes": {size: 1.0}}), rng)
    return made


def _headers(
    load: Load, how: PublishSettings, number: int, rng: np.random.Generator
) -> dict[str, str]:
    lines = _lines(load, how)
    if not lines:
        return {}
    dealt = {
        "id": f"{number:016d}",
        "last": str(number),
        "at": f"{number:029d}",
        "signature": rng.bytes(32).hex(),
    }
    return {name.replace(_SERVERS_OWN, _OURS): value.format_map(dealt) for name, value in lines}


def _lines(load: Load, how: PublishSettings) -> tuple[tuple[str, str], ...]:
    return (*_known_lines(load.publish.headers, how), *(_BATCH if how.mode == "atomic" else ()))


@cache
def _known_lines(headers: tuple[Header, ...], how: PublishSettings) -> tuple[tuple[str, str], ...]:
    return header_lines(headers, how, "storage")


_BATCH = ((f"{_OURS}Batch", "0" * (ATOMIC_HEADER_BYTES - len(f"{_OURS}Batch: \r\n"))),)
