"""What counters must be, on made-up figures."""

from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pytest

from bench.broker.latest import Last
from bench.clients.port import Outcome
from bench.engine.audit import Evidence
from bench.engine.losses import UNKNOWN
from bench.engine.table import NOT_YET, MessageTable, driven
from bench.plan.model import Cell
from bench.plan.traffic import Traffic, make_traffics
from bench.scenario.counter_audit import audited, bounds, held_sums
from bench.spec.kinds.counter import Counting, cast_of
from bench.spec.variant import Settings

LOAD = Counting.model_validate(
    {
        "kind": "counter",
        "subjects": {"pattern": "c.{n}", "numbers": {"n": 2}},
        "adds": [{"by": 10, "share": "25%"}, {"by": -4, "share": "25%"}],
        "publish": {"rate": "8/s"},
        "phases": {"warmup": "0s", "measure": "1s"},
    }
)
PLAN: Traffic = replace(
    make_traffics(LOAD.loads, 1)["publish"],
    subject_index=np.array([0, 0, 0, 0, 1, 1, 1, 1]),
    act_index=np.array([0, 1, 2, 0, 0, 1, 2, 0]),
)
"""To each of two counters 1, 10, -4 and 1 is added."""


def table(unanswered: tuple[int, ...] = (), refused: tuple[int, ...] = ()) -> MessageTable:
    stored_ns, outcome = np.full(8, 2), np.zeros(8, dtype=np.int64)
    stored_ns[[*unanswered, *refused]] = NOT_YET
    outcome[list(refused)] = Outcome.REFUSED
    sent = driven(np.zeros(8, dtype=np.int64), (), 0)
    return replace(sent, sent_ns=np.full(8, 1), stored_ns=stored_ns, outcome=outcome)


def last(total: int) -> Last:
    return Last(seq=1, operation="", data=b'{"val":"%d"}' % total)


def misadded(sums: dict[str, int] | None, done: MessageTable) -> tuple[int, tuple[str, ...]]:
    cell = Cell(id="c", workload_name="w", workload=LOAD, variants=(), settings=Settings())
    held = None if sums is None else {name: last(total) for name, total in sums.items()}
    evidence = Evidence(
        tables={"publish": done}, drivers=MappingProxyType({}), observers=MappingProxyType({}),
        held=held, start_ns=0,
    )  # fmt: skip
    found = audited(cell, {"publish": PLAN}, evidence)
    return found.counts["publish"]["misadded"], tuple(each.text for each in found.findings)


@pytest.mark.parametrize(
    ("sums", "wrong"),
    [
        ({"c.0": 8, "c.1": 8}, 0),
        ({"c.0": 8, "c.1": 9}, 1),
        ({"c.0": 7, "c.1": 18}, 2),
        ({"c.0": 8}, 1),
        (None, UNKNOWN),
    ],
)
def test_a_counter_is_what_was_confirmed(sums: dict[str, int] | None, wrong: int) -> None:
    """By hand: 1 + 10 - 4 + 1. One that the server has nothing of is 0."""
    assert misadded(sums, table())[0] == wrong


@pytest.mark.parametrize(("total", "wrong"), [(2, 0), (-2, 0), (12, 0), (8, 0), (-3, 1), (13, 1)])
def test_what_was_never_answered_may_count_or_not(total: int, wrong: int) -> None:
    """2 was confirmed of c.0; 10 and -4 were sent, and nobody said what became of them."""
    assert misadded({"c.0": total, "c.1": 8}, table(unanswered=(1, 2)))[0] == wrong


def test_what_was_refused_is_not_added() -> None:
    """The server said so."""
    least, most = bounds(PLAN, table(refused=(1,)))

    assert (least.tolist(), most.tolist()) == ([-2, 8], [-2, 8])


def test_which_counter_is_wrong_is_told_with_what_it_should_be() -> None:
    """Who has one of a million looks for that one."""
    _, texts = misadded({"c.0": 9, "c.1": 8}, table())

    assert texts == ("publish: counter c.0 is 9, where 8 was confirmed to be added",)


def test_the_cast_counts_it_as_a_loss() -> None:
    """A sum that is wrong makes its cell fall short, however fast it is."""
    entry = next(e for e in cast_of(Settings()).part("publish").entries if e.name == "misadded")

    assert entry.weight == "shortfall"
    assert held_sums(PLAN, {}) == [0, 0]
