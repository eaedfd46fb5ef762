"""More at a time than a server takes: how many requests wait, and how many batches are open.

Told by nats-server 2.15.1. Whether there are too many depends on the workload, or on the server's
own settings: `test_crowded.py` holds our rules to these tables, and them to a server.
"""

from dataclasses import dataclass, field
from typing import Any

Tree = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Waits:
    """Requests of several processes, and what the server answers to the last; empty for nothing."""

    name: str
    answer: str = ""
    max_waiting: int
    requests: int
    consumers: int = 1

    def __str__(self) -> str:
        return self.name


WAITING = [
    Waits(name="as many as may wait", max_waiting=2, requests=2),
    Waits(name="one too many", answer="409 Exceeded MaxWaiting", max_waiting=1, requests=2),
    Waits(name="as many as may wait, of two", max_waiting=2, requests=1, consumers=2),
    Waits(
        name="one too many, of two",
        answer="409 Exceeded MaxWaiting",
        max_waiting=3,
        requests=2,
        consumers=2,
    ),
]


@dataclass(frozen=True, kw_only=True)
class Batches:
    """Batches that publishers have open, and what a server says; code 0 means that it takes all.

    Attributes:
        limits: `server.limits.batch`.
        mode: of publishing.
        publishers: each has a batch open when the last one sends on.
        batch: messages of each.
        pause: how long all stand still behind their first message, s.
        linger: how long ours would at most.
    """

    name: str
    code: int = 0
    limits: Tree = field(default_factory=dict)
    mode: str = "atomic"
    publishers: int = 1
    batch: int = 2
    pause: float = 0
    linger: str = "100ms"

    def __str__(self) -> str:
        return self.name


ONE_OPEN = {"max_inflight_per_stream": 1}
ONE_IN_ALL = {"max_inflight_total": 1}
SOON_GIVEN_UP = {"timeout": "200ms"}

BATCHES = [
    Batches(name="as large as it may be", limits={"max_msgs": 3}, batch=3),
    Batches(name="too large", code=10199, limits={"max_msgs": 2}, batch=3),
    Batches(name="as many as a stream may have", limits={"max_inflight_per_stream": 2},
            publishers=2),
    Batches(name="one too many of a stream", code=10210, limits=ONE_OPEN, publishers=2),
    Batches(name="one too many of all streams", code=10210, limits=ONE_IN_ALL, publishers=2),
    Batches(name="fast, as many as a stream may have", limits={"max_inflight_per_stream": 2},
            mode="fast", publishers=2),
    Batches(name="fast, one too many of a stream", code=10211, limits=ONE_OPEN, mode="fast",
            publishers=2),
    Batches(name="fast, one too many of all streams", code=10211, limits=ONE_IN_ALL, mode="fast",
            publishers=2),
    Batches(name="goes on in time", limits={"timeout": "2s"}, linger="1s"),
    Batches(name="stood still for too long", code=10176, limits=SOON_GIVEN_UP, pause=0.5,
            linger="101ms"),
    Batches(name="fast, stood still for too long", code=10208, limits=SOON_GIVEN_UP, mode="fast",
            pause=0.5, linger="101ms"),
]  # fmt: skip
