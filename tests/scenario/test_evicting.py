"""What a trial of a stream with limits counts, from its settings and from what was sampled."""

from dataclasses import replace

import numpy as np
import pytest

from bench.clients.port import IntArray
from bench.engine.audit import Evidence
from bench.engine.evictions import Limits
from bench.engine.losses import UNKNOWN, Backlog, Present
from bench.engine.recorder import ConsumerRecord
from bench.engine.table import NOT_YET, driven
from bench.plan.model import Cell
from bench.plan.traffic import Traffic, make_traffic
from bench.scenario.evicting import audited, limits_of, size_bytes
from bench.spec.expiring import EVICTED, evicts
from bench.spec.filling import PUBLISH
from bench.spec.stream_settings import StreamSettings
from bench.spec.variant import Settings
from tests.server.running import plan_of, workload

CAME_NS = 3 * 10**9
"""Of the last two messages: all were sent by then."""


def stream(**settings: object) -> StreamSettings:
    return StreamSettings.model_validate(settings)


@pytest.mark.parametrize(
    ("settings", "gives_up"),
    [
        ({}, False),
        ({"max_msgs": 5}, True),
        ({"max_bytes": "1KiB"}, True),
        ({"max_msgs": 5, "discard": "new"}, False),
        ({"max_msgs_per_subject": 1, "discard": "new"}, True),
        (
            {"max_msgs_per_subject": 1, "discard": "new", "discard_new_per_subject": True},
            False,
        ),
        ({"max_age": "1s", "discard": "new"}, True),
    ],
)
def test_which_limits_give_up_what_is_stored(settings: dict[str, object], gives_up: bool) -> None:
    """With `discard: new` a stream refuses, but for its oldest by age and by subject."""
    limited = stream(**settings)

    assert evicts(limited) is gives_up
    assert (limits_of(limited) != Limits()) is gives_up


def test_a_transform_leaves_nothing_told_by_subject() -> None:
    """Two subjects may have become one."""
    moved = stream(max_msgs_per_subject=1, subject_transform={"source": ">", "destination": "a.>"})

    assert limits_of(moved) == Limits()


@pytest.mark.parametrize(("subjects", "most"), [(4, None), (5, 10), (None, 10)])
def test_a_limit_that_another_one_keeps_it_from_takes_nothing(
    subjects: int | None, most: int | None
) -> None:
    """Two of each of four subjects are eight, and one more for a moment: never eleven."""
    both = stream(max_msgs=10, max_msgs_per_subject=2)

    assert limits_of(both, subjects) == Limits(max_msgs=most, max_msgs_per_subject=2)


def cell(**settings: object) -> Cell:
    load = workload("10/s", "1s")
    return plan_of(load, Settings.model_validate({"stream": settings})).cells[0]


def traffic_of(limited: Cell) -> Traffic:
    return make_traffic(limited.workload.loads[PUBLISH], 1)


def evidence(sent_ns: IntArray, backlogs: dict[str, Backlog]) -> Evidence:
    """All are stored at once, and the last two come."""
    ids = np.array([sent_ns.size - 2, sent_ns.size - 1])
    record = ConsumerRecord(
        ids=ids, stream_seqs=ids + 1, deliveries=np.ones_like(ids),
        received_ns=np.full_like(ids, CAME_NS), handled_ns=np.full_like(ids, CAME_NS),
        acked_ns=np.full_like(ids, CAME_NS), ending=np.zeros_like(ids),
    )  # fmt: skip
    received_ns = np.full(sent_ns.size, NOT_YET)
    received_ns[ids] = CAME_NS
    table = replace(
        driven(sent_ns, (), 0), sent_ns=sent_ns, stored_ns=sent_ns + 1, received_ns=received_ns
    )
    return Evidence(
        tables={PUBLISH: table, "consume": table},
        drivers={},
        observers={"consume": [record]},
        held={},
        start_ns=0,
        backlogs=backlogs,
    )


def test_what_a_limit_took_is_counted_and_not_lost() -> None:
    """Of fifteen messages the stream keeps two, and the last two came."""
    limited = cell(max_msgs=2)
    traffic = traffic_of(limited)
    msgs = traffic.intended_ns.size
    present = Present(first_seq=msgs - 1, last_seq=msgs)
    held = Backlog(msgs=0, stream_msgs=msgs, present=present, asked_ns=2 * CAME_NS)
    seen = evidence(traffic.intended_ns, {"consume": held})

    counts = audited(limited, {PUBLISH: traffic}, seen).counts["consume"]
    untold = audited(
        limited,
        {PUBLISH: traffic},
        replace(seen, backlogs={"consume": replace(held, present=None)}),
    ).counts["consume"]

    assert (counts["evicted"], counts["lost"]) == (msgs - 2, 0)
    assert untold["evicted"] == UNKNOWN
    assert "lost" not in untold, "that is counted as of any stream"


def test_a_stream_without_limits_counts_none() -> None:
    """Nor one to which messages are published twice: which of the two a limit took is not told."""
    assert not any(EVICTED in part.entries for part in cell().cast.parts)
    assert any(EVICTED in part.entries for part in cell(max_msgs=2).cast.parts)
    again = {"share": "10%", "after": "100ms"}
    twice = workload(publish={"headers": ["message-id"], "duplicates": again})
    settings = Settings.model_validate({"stream": {"max_msgs": 2}})
    assert not any(EVICTED in part.entries for part in plan_of(twice, settings).cells[0].cast.parts)


def test_what_a_message_takes_is_told_by_the_stream_at_its_largest() -> None:
    """128 bytes of payload, and 50 besides in 356 bytes of two messages."""
    limited = cell(max_bytes="1KiB")
    traffic = traffic_of(limited)
    rows: tuple[dict[str, int | None], ...] = (
        {"stream_msgs": 1, "stream_bytes": 150},
        {"stream_msgs": 2, "stream_bytes": 356},
        {},
    )
    seen = replace(evidence(traffic.intended_ns, {}), rows=rows)

    found = size_bytes(traffic, seen, "")

    assert found is not None
    assert set(found.tolist()) == {178}
    assert size_bytes(traffic, replace(seen, rows=()), "") is None
