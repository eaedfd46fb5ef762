"""Messages that are laid to see what they take: like those of the workload, and no two alike."""

import zlib
from itertools import islice

import pytest

from bench.plan.expand import expand
from bench.plan.model import Cell
from bench.plan.storing import Laid, messages_like, why_unlaid
from bench.spec.capacity import load_capacity


def cell_of(workload: str, config: str, variant: str) -> Cell:
    given = {
        "workload": workload,
        "configs": [{"config": config, "variants": [variant]}],
        "rate": {"from": "100/s", "to": "200/s"},
    }
    (cell,) = expand(load_capacity(None, given).matrix)
    return cell


WORK = cell_of("work-queue", "in-flight", "in-flight-50")


def laid(cell: Cell, count: int) -> list[Laid]:
    return list(islice(messages_like(cell), count))


def test_sizes_and_subjects_are_those_of_the_workload() -> None:
    made = laid(WORK, 100)

    assert {len(each.payload) for each in made} == {1024}
    assert {each.subject for each in made} == {"jobs.resize", "jobs.render"}
    mixed = laid(cell_of("mixed-payload", "in-flight", "in-flight-50"), 1000)
    assert len({len(each.payload) for each in mixed}) > 1


def test_no_message_repeats_what_another_one_holds() -> None:
    """Those of a trial do, and a hundred of them would take hardly more than one."""
    made = laid(WORK, 100)
    alone, together = (
        len(zlib.compress(each)) for each in (made[0].payload, b"".join(m.payload for m in made))
    )

    assert together > 50 * alone


def test_headers_are_as_long_as_the_workloads_and_no_order_to_the_server() -> None:
    (load,) = WORK.workload.loads.values()
    publish = load.publish.model_copy(update={"headers": ("message-id", "trace")})
    workload = WORK.workload.model_copy(update={"publish": publish})
    (made,) = laid(Cell(**{**vars(WORK), "workload": workload}), 1)

    assert not any(name.startswith("Nats-") for name in made.headers)
    assert [len(name) for name in made.headers] == [len("Nats-Msg-Id"), len("traceparent")]
    assert all("{" not in value for value in made.headers.values())


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        (WORK, ""),
        (cell_of("kv-session", "kv-history", "history=8"), "kind kv"),
    ],
    ids=["stream", "kv"],
)
def test_what_keeps_more_or_less_than_is_published_is_not_laid(cell: Cell, why: str) -> None:
    assert why in why_unlaid(cell)
    assert bool(why) is bool(why_unlaid(cell))
