"""Whether each counter is what was confirmed to be added to it."""

import json
from collections.abc import Mapping

import numpy as np

from bench.broker.latest import Held
from bench.clients.port import IntArray
from bench.engine.audit import Audited, Evidence
from bench.engine.losses import UNKNOWN
from bench.engine.table import Flags, MessageTable, happened
from bench.plan.model import Cell
from bench.plan.traffic import Traffic
from bench.record.schema import Finding, Level
from bench.spec.filling import PUBLISH
from bench.spec.kinds.counter import ADDS

_FEW = 3


def audited(cell: Cell, traffic: Mapping[str, Traffic], evidence: Evidence) -> Audited:
    """Return how many counters are wrong, and which are some of them."""
    del cell
    plan = traffic[PUBLISH]
    if evidence.held is None:
        return Audited(tables=evidence.tables, counts={PUBLISH: {"misadded": UNKNOWN}})
    least, most = bounds(plan, evidence.tables[PUBLISH])
    sums = held_sums(plan, evidence.held)
    wrong = [place for place, total in enumerate(sums) if not least[place] <= total <= most[place]]
    findings = tuple(
        Finding(
            level=Level.WARNING,
            code="check-broken",
            text=f"{PUBLISH}: counter {plan.subjects[place]} is {sums[place]}, where "
            f"{_told(int(least[place]), int(most[place]))} was confirmed to be added",
        )
        for place in wrong[:_FEW]
    )
    counts = {PUBLISH: {"misadded": len(wrong)}}
    return Audited(tables=evidence.tables, counts=counts, findings=findings)


def _told(least: int, most: int) -> str:
    return str(least) if least == most else f"{least} to {most}"


def bounds(plan: Traffic, table: MessageTable) -> tuple[IntArray, IntArray]:
    """Return the least and the most that each counter may be, by its subject, shape (k,).

    What was sent and never answered may have been added, or not.

    Args:
        plan: of the additions.
        table: what became of them.
    """
    amounts = _amounts(plan)
    confirmed = happened(table.stored_ns)
    open_ = happened(table.sent_ns) & ~confirmed & ~table.refused
    sure = _sums(plan, amounts, confirmed)
    least = sure + _sums(plan, np.minimum(amounts, 0), open_)
    return least, sure + _sums(plan, np.maximum(amounts, 0), open_)


def _amounts(plan: Traffic) -> IntArray:
    """Return what each message adds, shape (n,)."""
    of_acts = [int(dict(act.headers)[ADDS]) for act in plan.acts]
    return np.array(of_acts, dtype=np.int64)[plan.act_index]


def _sums(plan: Traffic, amounts: IntArray, chosen: Flags) -> IntArray:
    """Return what chosen messages add to each subject, shape (k,)."""
    sums = np.zeros(len(plan.subjects), dtype=np.int64)
    np.add.at(sums, plan.subject_index[chosen], amounts[chosen])
    return sums


def held_sums(plan: Traffic, held: Held) -> list[int]:
    """Return what the server holds of each counter; 0 of one that it has nothing of."""
    return [_sum(held[name].data) if name in held else 0 for name in plan.subjects]


def _sum(data: bytes) -> int:
    """Return the sum that a message holds, as the server writes it: `{"val":"5"}`."""
    return int(json.loads(data)["val"])
