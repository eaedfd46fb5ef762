"""What becomes of schedules, on made-up figures."""

import asyncio
from dataclasses import replace
from types import MappingProxyType, SimpleNamespace
from typing import cast

import numpy as np
import pytest

from bench.broker.admin import trial_names
from bench.broker.latest import Held, Last
from bench.engine.audit import Audited, Evidence
from bench.engine.losses import UNKNOWN
from bench.engine.table import NOT_YET, driven
from bench.plan.model import Cell
from bench.scenario import schedule as schedule_kind
from bench.scenario.kind import Stage
from bench.scenario.schedule_audit import LEFT, audited
from bench.spec.kinds.schedule import cast_of
from bench.spec.variant import Settings
from tests.server.test_schedule import schedule

AFTER_NS = 700_000_000
"""As `schedule` says."""


def told(held: tuple[str, ...] | None, left: tuple[str, ...] = ()) -> Audited:
    """Of four messages the first two came, the third is held back, the last one is nowhere."""
    instants = np.array([10, 20, 30, 40])
    received_ns = np.array([AFTER_NS + 11, AFTER_NS + 25, NOT_YET, NOT_YET])
    table = replace(
        driven(instants, (), 0), sent_ns=instants, stored_ns=instants + 1, received_ns=received_ns
    )
    cell = Cell(id="c", workload_name="w", workload=schedule(), variants=(), settings=Settings())
    waits = None if held is None else dict.fromkeys(held, Last(seq=0, operation="", data=b""))
    if waits is not None:
        waits |= dict.fromkeys(left, Last(seq=0, operation=LEFT, data=b""))
    evidence = Evidence(
        tables={"publish": table, "consume": table}, drivers=MappingProxyType({}),
        observers=MappingProxyType({}), held=waits, start_ns=0,
    )  # fmt: skip
    return audited(cell, {}, evidence)


def test_what_is_seen_begins_when_its_time_has_come() -> None:
    """The first came 1 ns late, the second 5; what publishers did is as it was."""
    tables = told(()).tables

    late_ns = tables["consume"].received_ns - tables["consume"].intended_ns
    assert late_ns[:2].tolist() == [1, 5]
    assert tables["publish"].intended_ns.tolist() == [10, 20, 30, 40]


def test_what_the_server_holds_back_is_told_apart_from_lost() -> None:
    """The third waits under its id; the fourth is looked for as any other."""
    found = told(("0000000000000002",))

    assert found.counts["publish"] == {"unfired": 1}
    stored = found.tables["consume"].stored_ns
    assert (stored == NOT_YET).tolist() == [False, False, True, False]
    assert stored[:2].tolist() == [AFTER_NS + 11, AFTER_NS + 25], "not later than it was seen"
    sent = found.tables["consume"].sent_ns
    assert (sent - AFTER_NS).tolist() == [10, 20, 30, 40], "and not before its time"
    assert found.tables["publish"].stored_ns.tolist() == [11, 21, 31, 41]


def test_what_came_and_is_held_all_the_same_is_to_come_once_more() -> None:
    """And it was seen; other names are none of ours."""
    found = told(("0000000000000001", "x", "0000000000000009"))

    assert found.counts["publish"] == {"unfired": 1}
    assert found.tables["consume"].stored_ns[:2].tolist() == [AFTER_NS + 11, AFTER_NS + 25]


def test_what_was_being_let_go_waits_where_it_did_not_come() -> None:
    """The server removes a schedule after what it let go: the first had come by then."""
    found = told((), left=("0000000000000000", "0000000000000002"))

    assert found.counts["publish"] == {"unfired": 1}
    stored = found.tables["consume"].stored_ns
    assert (stored == NOT_YET).tolist() == [False, False, True, False]


def test_without_an_answer_nobody_knows() -> None:
    """And then what did not come may be lost."""
    found = told(None)

    assert found.counts["publish"] == {"unfired": UNKNOWN}
    assert (found.tables["consume"].stored_ns != NOT_YET).all()


def test_the_cast_has_lateness_where_others_have_delivery() -> None:
    """And its lag begins with what is due: what waits for its time is no backlog."""
    consume = cast_of(Settings()).part("consume")

    assert [span.name for span in consume.spans] == ["lateness", "completion"]
    assert {span.begin for span in consume.spans} == {"expected"}
    assert {level.came for level in consume.levels} == {"expected"}
    unfired = next(e for e in cast_of(Settings()).part("publish").entries if e.name == "unfired")
    assert unfired.weight == "shortfall"


def test_it_is_looked_twice_and_what_left_meanwhile_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No real server can be held between storing what it lets go and removing the schedule."""
    looks = iter([("1", "2"), ("2", "3")])

    async def look(*_: object) -> Held:
        return dict.fromkeys(next(looks), Last(seq=0, operation="", data=b""))

    monkeypatch.setattr(schedule_kind, "waiting", look)
    monkeypatch.setattr(schedule_kind, "_LETS_GO_S", 0.0)
    stage = cast(Stage, SimpleNamespace(client=None, names=trial_names("s", 0)))

    async def asked() -> Held | None:
        return await schedule_kind.KIND.held(stage)

    held = asyncio.run(asked())
    assert held is not None
    assert {name: last.operation for name, last in held.items()} == {"1": LEFT, "2": ""}
