"""Whether each workflow was completed once, step by step: what the server holds, and the plan."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from bench.broker.latest import Held
from bench.clients.buckets import Value
from bench.clients.port import IntArray
from bench.engine.audit import Audited, Evidence
from bench.engine.losses import UNKNOWN
from bench.engine.stepping import State, begun, faults_of, key_of, read_state
from bench.engine.table import Flags, MessageTable, happened
from bench.plan.model import Cell
from bench.plan.payload import ID_DIGITS
from bench.plan.traffic import Traffic
from bench.scenario.again import stored_first_ns
from bench.scenario.reset_audit import replayed
from bench.scenario.watching import Told, broken_checks
from bench.spec.filling import PUBLISH
from bench.spec.kinds.workflow import Workflow
from bench.spec.stepped_parts import RESET, WORKFLOW

_STATE, _END = "state", "end"

_CHECKS = ("uncompleted", "completed_again", "skipped", "regressed", "reapplied", "foreign")


def state_place(key: str) -> str:
    """Return where among what is held the state of a workflow stands."""
    return f"{_STATE}:{key}"


def end_place(seq: int) -> str:
    """Return where the event of an end stands."""
    return f"{_END}:{seq}"


def audited(cell: Cell, traffic: Mapping[str, Traffic], evidence: Evidence) -> Audited:
    """Return what each step saw of what the step before it left, and what does not hold."""
    if not isinstance(cell.workload, Workflow):
        raise TypeError(f"{cell.workload_name} is audited as another kind than it is")
    steps, plan = tuple(cell.workload.steps), traffic[PUBLISH]
    tables = dict(_tables(evidence, steps, plan))
    reset = cell.workload.reset.step if cell.workload.reset else ""
    again = replayed(evidence, reset) if reset else None
    told = {WORKFLOW: _whole(tables, evidence, plan, len(steps))}
    counts = {name: _counted(evidence, name) for name in steps}
    return Audited(
        tables={**evidence.tables, **tables, **({} if again is None else {RESET: again.table})},
        counts={
            **counts,
            WORKFLOW: told[WORKFLOW][0],
            **({} if again is None else {RESET: again.counts}),
        },
        findings=tuple(broken_checks(told)),
    )


def _counted(evidence: Evidence, step: str) -> Mapping[str, int]:
    own = evidence.counts.get(step, {})
    return {
        "conflicts": own.get("conflicts", 0),
        "repeats": own.get("repeats", 0),
        "in_vain": own.get("in_vain", 0),
        "unchanged": own.get("failed", UNKNOWN),
    }


def _tables(
    evidence: Evidence, steps: tuple[str, ...], plan: Traffic
) -> Iterator[tuple[str, MessageTable]]:
    """Yield each step's table, to which a workflow came when the step before was done with it."""
    first = begun_ns(plan, evidence.tables[PUBLISH])
    came_ns, sent_ns = first, evidence.tables[steps[0]].sent_ns
    for name in steps:
        table = evidence.tables[name]
        came_ns = _earliest(came_ns, table.received_ns)
        yield name, replace(table, sent_ns=sent_ns, stored_ns=came_ns)
        sent_ns, came_ns = table.received_ns, table.handled_ns
    yield WORKFLOW, replace(evidence.tables[WORKFLOW], stored_ns=first, received_ns=came_ns)


def begun_ns(plan: Traffic, table: MessageTable) -> IntArray:
    """Return when each workflow was stored, by whichever of its messages, shape (workflows,)."""
    of_workflows: IntArray = stored_first_ns(plan, table)[begun(plan)]
    return of_workflows


def _earliest(one_ns: IntArray, other_ns: IntArray) -> IntArray:
    both = happened(one_ns) & happened(other_ns)
    return np.where(both, np.minimum(one_ns, other_ns), np.maximum(one_ns, other_ns))


@dataclass(frozen=True, slots=True, kw_only=True)
class OnServer:
    """What a server holds of workflows.

    Attributes:
        states: by the workflow's number.
        ends: events of its end, by id, shape (n,).
        strange: states and ends that are of no workflow.
    """

    states: Mapping[int, State]
    ends: IntArray
    strange: int


def on_server(plan: Traffic, held: Held) -> OnServer:
    """Return what is held of each workflow."""
    ours, id_offset = begun(plan), plan.payloads[0].id_offset
    ends, strange = np.zeros(ours.size, dtype=np.int64), 0
    states: dict[int, State] = {}
    for place, kept in held.items():
        what, _, key = place.partition(":")
        if what == _STATE:
            state = read_state(Value(seq=kept.seq, gone=bool(kept.operation), data=kept.data))
            number = -1 if state is None else state.workflow
        else:
            state, number = None, _number(kept.data[id_offset : id_offset + ID_DIGITS])
        if not (0 <= number < ours.size and ours[number]):
            strange += 1
        elif state is None:
            ends[number] += 1
        elif key != key_of(number):
            strange += 1
        else:
            states[number] = state
    return OnServer(states=states, ends=ends, strange=strange)


def _number(digits: bytes) -> int:
    return int(digits) if len(digits) == ID_DIGITS and digits.isdigit() else -1


def _whole(
    tables: Mapping[str, MessageTable], evidence: Evidence, plan: Traffic, steps: int
) -> Told:
    """Return what does not hold of workflows that were begun, and which they are."""
    if evidence.held is None:
        return dict.fromkeys(_CHECKS, UNKNOWN), ()
    server, numbers = on_server(plan, evidence.held), np.flatnonzero(begun(plan))
    there = _there(tables, numbers.size)
    found = {number: faults_of(state) for number, state in server.states.items()}
    wrong = {
        "uncompleted": [
            number for number in numbers[there].tolist() if not _completed(server, number, steps)
        ],
        "completed_again": np.flatnonzero(server.ends > 1).tolist(),
        **{
            name: [number for number, faults in found.items() if getattr(faults, name)]
            for name in ("skipped", "regressed", "reapplied")
        },
    }
    counts = {name: len(which) for name, which in wrong.items()}
    counts["completed_again"] = int(np.maximum(server.ends - 1, 0).sum())
    counts["foreign"] = server.strange
    off = sorted({number for which in wrong.values() for number in which})
    return counts, [key_of(number) for number in off]


def _there(tables: Mapping[str, MessageTable], size: int) -> Flags:
    """Return which workflows were begun for sure: confirmed, or seen by a step, shape (n,)."""
    there = np.zeros(size, dtype=bool)
    for table in tables.values():
        there |= happened(table.stored_ns) | happened(table.received_ns)
    return there


def _completed(server: OnServer, number: int, steps: int) -> bool:
    state = server.states.get(number)
    return state is not None and state.version == steps and bool(server.ends[number])
