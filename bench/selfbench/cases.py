"""What the self-benchmark measures. Pure data: one case is one row of its tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from itertools import product
from typing import Literal

from bench.core.units import NS_PER_S, format_size

Client = Literal["wire", "nats-py"]
Storage = Literal["memory", "file", "null"]
Kind = Literal[
    "publish", "publish-async", "pull", "fetch", "push", "put", "get", "kv-put", "kv-get", "ask"
]

SIZES_BYTES = (128, 1024, 32 * 1024)
LARGE_SIZES_BYTES = (1 << 20, 4 << 20)
"""Many times what one read of a socket brings."""

WINDOW_MSGS = 256
"""Most messages without a PubAck, in every case that publishes."""

MAX_ACK_PENDING, FEW_PENDING = 20_000, 500
"""Messages that a consumer may have without an ack: as many as can be, and as services have."""

KEYS, IN_FLIGHT = 1_000, 64
"""Of the cases that put and get keys: how many, and operations without an answer at most."""

SHORTEST_WINDOW_NS = NS_PER_S
FEWEST_WAKE_UPS = 2_000
"""So many have a p99."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadCase:
    """As much load as one client process can carry.

    Attributes:
        kind: `publish`, `pull`, `push`, `put` and `get` (of keys) and `ask` (a request) go through
            jetbench's own port, recorded as in a trial; `publish-async`, `fetch`, `kv-put` and
            `kv-get` use nats-py the way services do, and record nothing.
        client: what carries the load.
        size_bytes: of every payload.
        storage: of the stream; `null` for a server that stores nothing and answers at once.
        messages: how many.
        max_ack_pending: of the consumer, where one empties the stream.
    """

    kind: Kind
    client: Client
    size_bytes: int
    storage: Storage
    messages: int
    max_ack_pending: int = MAX_ACK_PENDING

    @property
    def name(self) -> str:
        """How tables and `--only` know it: `publish/wire/128B/memory`."""
        name = f"{self.kind}/{self.client}/{format_size(self.size_bytes)}/{self.storage}"
        few = self.max_ack_pending != MAX_ACK_PENDING
        return f"{name}/{self.max_ack_pending}-pending" if few else name

    @property
    def empties(self) -> bool:
        """Whether it empties a stream, that is to be filled before."""
        return self.kind in ("pull", "fetch", "push")

    @property
    def of_keys(self) -> bool:
        """Whether it puts or gets keys of a bucket."""
        return self.kind in ("put", "get", "kv-put", "kv-get")


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingCase:
    """What a trial writes down of each message, without any client or server.

    Attributes:
        messages: how many.
        kind: tells it from the others where it is read from JSON.
    """

    messages: int
    kind: Literal["recording"] = "recording"

    @property
    def name(self) -> str:
        """How tables and `--only` know it."""
        return self.kind


@dataclass(frozen=True, slots=True, kw_only=True)
class PacedCase:
    """A whole trial at a fixed rate: publisher and consumer processes on a memory store.

    Attributes:
        rate_msgs_per_s: offered.
        warmup_ns, window_ns: phases of the trial.
    """

    rate_msgs_per_s: int
    warmup_ns: int
    window_ns: int

    @property
    def name(self) -> str:
        """How tables and `--only` know it: `open-loop/wire/20000`."""
        return f"open-loop/wire/{self.rate_msgs_per_s}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TimerCase:
    """What the host itself takes to wake a process: the publisher's tick with nothing to send.

    Attributes:
        wake_ups: how many.
        kind: tells it from the others where it is read from JSON.
    """

    wake_ups: int
    kind: Literal["timer"] = "timer"

    @property
    def name(self) -> str:
        """How tables and `--only` know it."""
        return self.kind


@dataclass(frozen=True, slots=True, kw_only=True)
class LongCase:
    """One long publishing run against the null server, for what it does to the memory.

    It is measured once, in the first repeat: memory does not scatter, and it takes a minute or two.

    Attributes:
        messages: how many.
        kind: tells it from the others where it is read from JSON.
    """

    messages: int
    kind: Literal["long-run"] = "long-run"

    @property
    def name(self) -> str:
        """How tables and `--only` know it."""
        return self.kind


ProcessCase = LoadCase | RecordingCase | TimerCase | LongCase
"""Carried out by a process of its own."""

Case = ProcessCase | PacedCase

_MESSAGES: Mapping[Client, Mapping[int, int]] = {
    "wire": dict(zip(SIZES_BYTES, (200_000, 100_000, 10_000), strict=True)),
    "nats-py": dict(zip(SIZES_BYTES, (20_000, 20_000, 4_000), strict=True)),
}
"""By client and payload size: about a second's worth each."""

_LARGE_BYTES = 192 << 20
"""Of all messages of a large case together: a memory store holds them."""

_LOADS: Sequence[tuple[Kind, Client]] = (
    ("publish", "wire"),
    ("publish", "nats-py"),
    ("publish-async", "nats-py"),
    ("pull", "wire"),
    ("pull", "nats-py"),
    ("fetch", "nats-py"),
    ("push", "wire"),
    ("push", "nats-py"),
)
_OF_KEYS: Sequence[tuple[Kind, Client]] = (
    ("put", "wire"),
    ("put", "nats-py"),
    ("kv-put", "nats-py"),
    ("get", "wire"),
    ("get", "nats-py"),
    ("kv-get", "nats-py"),
    ("ask", "wire"),
    ("ask", "nats-py"),
)
_LARGE_KINDS: Sequence[Kind] = ("publish", "pull", "push")
_SMALL_BLOCK_KINDS: Sequence[Kind] = ("pull", "push")
_STORAGES: Sequence[Storage] = ("memory", "file")
_RATES_MSGS_PER_S = (1_000, 5_000, 20_000, 50_000, 80_000)

CASES: Sequence[Case] = (
    *(
        LoadCase(
            kind=kind,
            client=client,
            size_bytes=size_bytes,
            storage=storage,
            messages=_MESSAGES[client][size_bytes],
        )
        for (kind, client), size_bytes, storage in product(_LOADS, SIZES_BYTES, _STORAGES)
    ),
    *(
        LoadCase(
            kind=kind,
            client="wire",
            size_bytes=size_bytes,
            storage="memory",
            messages=_LARGE_BYTES // size_bytes,
        )
        for kind, size_bytes in product(_LARGE_KINDS, LARGE_SIZES_BYTES)
    ),
    *(
        LoadCase(
            kind=kind,
            client=client,
            size_bytes=128,
            storage="memory",
            messages=_MESSAGES[client][128] // 2,
        )
        for kind, client in _OF_KEYS
    ),
    *(
        LoadCase(
            kind=kind,
            client="wire",
            size_bytes=128,
            storage="file",
            messages=_MESSAGES["wire"][128],
            max_ack_pending=FEW_PENDING,
        )
        for kind in _SMALL_BLOCK_KINDS
    ),
    LoadCase(kind="publish", client="wire", size_bytes=128, storage="null", messages=1_000_000),
    RecordingCase(messages=1_000_000),
    TimerCase(wake_ups=12_000),
    *(
        PacedCase(rate_msgs_per_s=rate, warmup_ns=NS_PER_S, window_ns=4 * NS_PER_S)
        for rate in _RATES_MSGS_PER_S
    ),
    LongCase(messages=50_000_000),
)
"""Everything, in the order of the tables."""


def chosen(patterns: Sequence[str], scale: float) -> tuple[Case, ...]:
    """Return the cases whose name fits one of the patterns, all of them without a pattern.

    Args:
        patterns: as of file names, such as `publish/*` or `*/128B/memory`.
        scale: share of the messages, and of the phases of a trial, that each case keeps.
    """
    return tuple(
        _scaled(case, scale)
        for case in CASES
        if not patterns or any(fnmatchcase(case.name, pattern) for pattern in patterns)
    )


def in_repeat(cases: Sequence[Case], repeat: int) -> tuple[Case, ...]:
    """Return the cases that this repeat (1-based) measures."""
    return tuple(case for case in cases if repeat == 1 or not isinstance(case, LongCase))


def _scaled(case: Case, scale: float) -> Case:
    if isinstance(case, TimerCase):
        return replace(case, wake_ups=max(FEWEST_WAKE_UPS, round(case.wake_ups * scale)))
    if isinstance(case, PacedCase):
        window_ns = max(SHORTEST_WINDOW_NS, round(case.window_ns * scale))
        return replace(case, warmup_ns=round(case.warmup_ns * scale), window_ns=window_ns)
    fewest = min(WINDOW_MSGS, case.messages)
    return replace(case, messages=max(fewest, round(case.messages * scale)))
