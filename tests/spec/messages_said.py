"""What a server says to streams of some kinds of workload, and to their messages."""

from dataclasses import dataclass, field

from tests.spec.cases import WORKQUEUE, Tree


@dataclass(frozen=True, kw_only=True)
class Said:
    """A stream, fields that a kind of workload adds, and what the server says to it or a message.

    `code` 0 means that it takes both.
    """

    name: str
    code: int = 0
    stream: Tree = field(default_factory=dict)
    more: Tree = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    payload: bytes = b""


COUNTS = {"allow_msg_counter": True}
SCHEDULES = {"allow_msg_schedules": True}
ADDS = {"Nats-Incr": "+1"}
WAITS = {
    "Nats-Schedule": "@at 2100-01-01T00:00:00.000000001Z",
    "Nats-Schedule-Target": "{prefix}due",
}

SAID = [
    Said(name="a counter", more=COUNTS, headers=ADDS),
    Said(name="a counter with an id of its own", more=COUNTS, headers=ADDS | {"Nats-Msg-Id": "1"}),
    Said(name="a counter with a payload", code=10170, more=COUNTS, headers=ADDS, payload=b"1"),
    Said(
        name="a counter that expects a sequence",
        code=10171,
        more=COUNTS,
        headers=ADDS | {"Nats-Expected-Last-Sequence": "0"},
    ),
    Said(name="counters that refuse what is new", code=10052, more=COUNTS,
         stream={"discard": "new", "max_msgs": 9}),
    Said(name="counters of a workqueue", code=10052, more=COUNTS, stream=WORKQUEUE),
    Said(name="counters of who is interested", code=10052, more=COUNTS,
         stream={"retention": "interest"}),
    Said(name="a schedule", more=SCHEDULES, headers=WAITS, payload=b"1"),
    Said(name="a schedule of a workqueue", more=SCHEDULES, stream=WORKQUEUE, headers=WAITS),
    Said(name="schedules that refuse what is new", code=10052, more=SCHEDULES,
         stream={"discard": "new", "max_msgs": 9}),
    Said(name="a second to live", stream={"allow_msg_ttl": True}, headers={"Nats-TTL": "1s"}),
    Said(
        name="less than a second to live",
        code=10165,
        stream={"allow_msg_ttl": True},
        headers={"Nats-TTL": "999ms"},
    ),
    Said(name="a rollup", stream={"allow_rollup_hdrs": True}, headers={"Nats-Rollup": "sub"}),
    Said(name="a rollup that nobody allowed", code=10111, headers={"Nats-Rollup": "sub"}),
    Said(name="a time to live that nobody allowed", code=10166, headers={"Nats-TTL": "1s"}),
]  # fmt: skip
"""What rules of kinds of workload and of publishing say, put to a server."""
