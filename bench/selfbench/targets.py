"""What the load generator is meant to reach, and whether it did. Pure; nothing hangs on it.

On a noisy host a target may be missed for no fault of ours, so it is told and never an exit code.
Ratios are taken within one repeat, then over the repeats.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from bench.selfbench.cases import FEW_PENDING, MAX_ACK_PENDING
from bench.selfbench.figures import Figures, Run, Spread, spread, told

Unit = Literal["ns", "times", "msg/s", "share"]
Repeat = Mapping[str, Figures]
"""The figures of one repeat, by case."""

PUBLISH = "publish/wire/128B/memory"
PUBLISH_ASYNC = "publish-async/nats-py/128B/memory"
PULL = "pull/wire/128B/memory"
FETCH = "fetch/nats-py/128B/memory"
PUSH = "push/wire/128B/memory"
PULL_FILE, PUSH_FILE = "pull/wire/128B/file", "push/wire/128B/file"
PULL_FEW = f"{PULL_FILE}/{FEW_PENDING}-pending"
LARGE = {kind: f"{kind}/wire/1MiB/memory" for kind in ("publish", "pull", "push")}
LARGEST = {kind: f"{kind}/wire/4MiB/memory" for kind in LARGE}
PUT, GET, ASK = (f"{kind}/wire/128B/memory" for kind in ("put", "get", "ask"))
KV_PUT, KV_GET = (f"{kind}/nats-py/128B/memory" for kind in ("kv-put", "kv-get"))
ASK_BY_LIBRARY = "ask/nats-py/128B/memory"
OPEN_LOOP = "open-loop/wire/20000"
HARDEST = "open-loop/wire/80000"
NULL = "publish/wire/128B/null"
LONG = "long-run"

OPERATION_NS = 2_500
"""What an operation may cost the client, whatever it costs the server."""

BESIDE_SERVER = 0.3
"""Of the server's CPU for an operation on a key: what it may cost the client where that is more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A figure and where it should be.

    Attributes:
        what: of which case, in words.
        of: reads the figure from a repeat; None where it is not known.
        limit: the value to reach.
        at_least: the figure should not be below the limit; else not above.
        unit: of figure and limit.
        once: measured in the first repeat alone.
    """

    what: str
    of: Callable[[Repeat], float | None]
    limit: float
    unit: Unit
    at_least: bool = False
    once: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A target and how it stands.

    Attributes:
        what, limit, unit, at_least: of the target.
        found: over the repeats; None when some repeat does not tell.
        reached: the median keeps the limit; None likewise.
    """

    what: str
    limit: float
    unit: Unit
    at_least: bool
    found: Spread | None
    reached: bool | None


def standings(runs: Sequence[Run], targets: Sequence[Target] | None = None) -> tuple[Standing, ...]:
    """Return how each target stands after these runs."""
    repeats: dict[int, dict[str, Figures]] = {}
    for run in runs:
        repeats.setdefault(run.repeat, {})[run.case] = run.figures
    chosen = TARGETS if targets is None else targets
    return tuple(_standing(target, list(repeats.values())) for target in chosen)


def _standing(target: Target, repeats: Sequence[Repeat]) -> Standing:
    if target.once:
        repeats = repeats[:1]
    values = [value for repeat in repeats if (value := target.of(repeat)) is not None]
    found = spread(values) if len(values) == len(repeats) > 0 else None
    reached = None
    if found is not None:
        short = target.limit - found.median
        reached = short <= 0 if target.at_least else short >= 0
    return Standing(
        what=target.what,
        limit=target.limit,
        unit=target.unit,
        at_least=target.at_least,
        found=found,
        reached=reached,
    )


def _figure(case: str, key: str) -> Callable[[Repeat], float | None]:
    def of(repeat: Repeat) -> float | None:
        figures = repeat.get(case)
        return told(figures).get(key) if figures is not None else None

    return of


def _ratio(key: str, case: str, *, over: str) -> Callable[[Repeat], float | None]:
    ours, theirs = _figure(case, key), _figure(over, key)

    def of(repeat: Repeat) -> float | None:
        value, other = ours(repeat), theirs(repeat)
        return value / other if value and other else None

    return of


def _allowed(case: str) -> Callable[[Repeat], float | None]:
    """Return what reads client CPU per operation as a share of what it may be."""
    spent, beside = _figure(case, "client_cpu_ns_per_msg"), _figure(case, "client_to_server_cpu")

    def of(repeat: Repeat) -> float | None:
        spent_ns, share = spent(repeat), beside(repeat)
        if spent_ns is None or share is None:
            return None
        return min(spent_ns / OPERATION_NS, share / BESIDE_SERVER)

    return of


TARGETS: Sequence[Target] = (
    Target(
        what="publish 128 B: client CPU per message",
        of=_figure(PUBLISH, "client_cpu_ns_per_msg"),
        limit=1_500,
        unit="ns",
    ),
    Target(
        what="publish 128 B: client CPU / server CPU",
        of=_figure(PUBLISH, "client_to_server_cpu"),
        limit=0.33,
        unit="times",
    ),
    Target(
        what="publish 128 B: rate / nats-py publish_async",
        of=_ratio("rate_msgs_per_s", PUBLISH, over=PUBLISH_ASYNC),
        limit=4,
        unit="times",
        at_least=True,
    ),
    Target(
        what="pull and ack 128 B: client CPU per message",
        of=_figure(PULL, "client_cpu_ns_per_msg"),
        limit=2_000,
        unit="ns",
    ),
    Target(
        what="pull and ack 128 B: client CPU / server CPU",
        of=_figure(PULL, "client_to_server_cpu"),
        limit=0.35,
        unit="times",
    ),
    Target(
        what="pull and ack 128 B, file: client CPU / server CPU",
        of=_figure(PULL_FILE, "client_to_server_cpu"),
        limit=0.2,
        unit="times",
    ),
    Target(
        what=f"the same, max_ack_pending {FEW_PENDING}: client CPU / server CPU",
        of=_figure(PULL_FEW, "client_to_server_cpu"),
        limit=0.25,
        unit="times",
    ),
    Target(
        what=f"the same: client CPU per message / that at {MAX_ACK_PENDING}",
        of=_ratio("client_cpu_ns_per_msg", PULL_FEW, over=PULL_FILE),
        limit=1.25,
        unit="times",
    ),
    Target(
        what="push and ack 128 B, file: client CPU / server CPU",
        of=_figure(PUSH_FILE, "client_to_server_cpu"),
        limit=0.16,
        unit="times",
    ),
    Target(
        what="pull and ack 128 B: rate / nats-py fetch(100)",
        of=_ratio("rate_msgs_per_s", PULL, over=FETCH),
        limit=5,
        unit="times",
        at_least=True,
    ),
    Target(
        what="push and ack 128 B: client CPU per message",
        of=_figure(PUSH, "client_cpu_ns_per_msg"),
        limit=1_600,
        unit="ns",
    ),
    Target(
        what="ask, 128 B: client CPU per operation",
        of=_figure(ASK, "client_cpu_ns_per_msg"),
        limit=OPERATION_NS,
        unit="ns",
    ),
    *(
        Target(
            what=f"{what} 128 B: client CPU / 2.5 µs, or / 0.3 of the server's, the less of both",
            of=_allowed(case),
            limit=1,
            unit="times",
        )
        for what, case in (("put a key,", PUT), ("get a key,", GET))
    ),
    *(
        Target(
            what=f"{what} 128 B: rate / nats-py",
            of=_ratio("rate_msgs_per_s", case, over=library),
            limit=limit,
            unit="times",
            at_least=True,
        )
        for what, case, library, limit in (
            ("put a key,", PUT, KV_PUT, 3),
            ("get a key,", GET, KV_GET, 3),
            ("ask,", ASK, ASK_BY_LIBRARY, 4),
        )
    ),
    *(
        Target(
            what=f"{kind} 4 MiB: client CPU per message / that of 1 MiB",
            of=_ratio("client_cpu_ns_per_msg", LARGEST[kind], over=LARGE[kind]),
            limit=5.2,  # four times the bytes; some caches no longer hold them
            unit="times",
        )
        for kind in LARGE
    ),
    Target(
        what="open loop, 20 000 msg/s: slip p50",
        of=_figure(OPEN_LOOP, "slip_ns_p50"),
        limit=150_000,
        unit="ns",
    ),
    Target(
        what="open loop, 20 000 msg/s: slip p99",
        of=_figure(OPEN_LOOP, "slip_ns_p99"),
        limit=400_000,
        unit="ns",
    ),
    Target(
        what="open loop, 20 000 msg/s: publisher, of a core",
        of=_figure(OPEN_LOOP, "publisher_core_share"),
        limit=0.35,
        unit="share",
    ),
    Target(
        what="open loop, 20 000 msg/s: consumer, of a core",
        of=_figure(OPEN_LOOP, "consumer_core_share"),
        limit=0.35,
        unit="share",
    ),
    Target(
        what="open loop, 20 000 msg/s: end-to-end p50",
        of=_figure(OPEN_LOOP, "end_to_end_ns_p50"),
        limit=400_000,
        unit="ns",
    ),
    Target(
        what="open loop, 80 000 msg/s: acked rate / offered rate",
        of=_figure(HARDEST, "acked_share"),
        limit=0.99,
        unit="times",
        at_least=True,
    ),
    Target(
        what="recording and histograms: CPU per message",
        of=_figure("recording", "client_cpu_ns_per_msg"),
        limit=150,
        unit="ns",
    ),
    Target(
        what="publish 128 B to the null server: rate",
        of=_figure(NULL, "rate_msgs_per_s"),
        limit=600_000,
        unit="msg/s",
        at_least=True,
    ),
    Target(
        what="50 million messages in one process: growth of memory after the start",
        of=_figure(LONG, "growth_share"),
        limit=0.01,
        unit="share",
        once=True,
    ),
)
"""Every case of these that loses a message fails as a whole."""
