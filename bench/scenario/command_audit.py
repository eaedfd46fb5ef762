"""Whether each command was done once, told by an event, and answered so: the server, the plan."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bench.broker.latest import Held
from bench.clients.buckets import Value
from bench.clients.commands import SAID_OUTDATED
from bench.clients.port import IntArray
from bench.engine.audit import Audited, Evidence
from bench.engine.commanding import EVENT_BYTES, FIRST_VERSION, read_numbers, read_state, stale
from bench.engine.losses import UNKNOWN
from bench.engine.stepping import begun
from bench.engine.table import Flags, happened
from bench.plan.model import Cell
from bench.plan.traffic import Traffic
from bench.scenario.watching import Told, broken_checks
from bench.spec.commanded_parts import COMMAND, HANDLE
from bench.spec.kinds.command import Commands

_STATE, _EVENT = "state", "event"

_CHECKS = (
    "done_twice", "lost_updates", "unannounced", "misjudged", "events_twice", "foreign",
)  # fmt: skip


def state_place(key: str) -> str:
    """Return where among what is held the state of an entity stands."""
    return f"{_STATE}:{key}"


def event_place(key: str, seq: int) -> str:
    """Return where an event stands."""
    return f"{_EVENT}:{key}:{seq}"


def audited(cell: Cell, traffic: Mapping[str, Traffic], evidence: Evidence) -> Audited:
    """Return what handlers counted, and what does not hold."""
    if not isinstance(cell.workload, Commands):
        raise TypeError(f"{cell.workload_name} is audited as another kind than it is")
    plan = traffic[COMMAND]
    said = said_to(plan, evidence)
    counts, keys = _checked(plan, evidence, said)
    told = {HANDLE: ({**_counted(evidence), **counts}, keys)}
    return Audited(
        tables=evidence.tables,
        counts={
            COMMAND: {"outdated": int(np.count_nonzero(said == SAID_OUTDATED))},
            HANDLE: told[HANDLE][0],
        },
        findings=tuple(broken_checks(told)),
    )


def said_to(plan: Traffic, evidence: Evidence) -> IntArray:
    """Return what the caller of each command was told in time, 0 for nothing, shape (n,)."""
    said = np.zeros(plan.act_index.size, dtype=np.int64)
    for record in evidence.drivers.get(COMMAND, ()):
        said[record.ids] = record.said
    return np.where(happened(evidence.tables[COMMAND].stored_ns), said, 0)


def _counted(evidence: Evidence) -> Mapping[str, int]:
    own = evidence.counts.get(HANDLE, {})
    return {
        "conflicts": own.get("conflicts", 0),
        "repeats": own.get("repeats", 0),
        "in_vain": own.get("in_vain", 0),
        "unchanged": own.get("failed", UNKNOWN),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class OnServer:
    """What a server holds of commands.

    Attributes:
        versions: of each entity, by its number.
        events: how often each stands in the stream, as entity, version and command.
        strange: states and events that are of no command.
    """

    versions: Mapping[int, int]
    events: Counter[tuple[int, int, int]]
    strange: int


def on_server(plan: Traffic, held: Held) -> OnServer:
    """Return what is held of entities and commands."""
    numbers = {name: number for number, name in enumerate(plan.subjects)}
    versions: dict[int, int] = {}
    events: Counter[tuple[int, int, int]] = Counter()
    ours, strange = begun(plan), 0
    for place, kept in held.items():
        what, key, *_ = place.split(":")
        entity = numbers.get(key, -1)
        if what == _STATE:
            state = read_state(Value(seq=kept.seq, gone=bool(kept.operation), data=kept.data))
            if entity < 0 or state is None:
                strange += 1
            else:
                versions[entity] = state.version
            continue
        said = read_numbers(kept.data[:EVENT_BYTES])
        command, version = (-1, -1) if said is None or len(said) != 2 else said
        known = 0 <= command < ours.size and ours[command]
        if known and plan.subject_index[command] == entity:
            events[entity, version, command] += 1
        else:
            strange += 1
    return OnServer(versions=versions, events=events, strange=strange)


def _checked(plan: Traffic, evidence: Evidence, said: IntArray) -> Told:
    """Return what does not hold, and the entities or commands of which it does not."""
    if evidence.held is None:
        return dict.fromkeys(_CHECKS, UNKNOWN), ()
    server = on_server(plan, evidence.held)
    changes = Counter(command for _, _, command in server.events)
    twice = [command for command, count in changes.items() if count > 1]
    by = Counter((entity, version) for entity, version, _ in server.events)
    clashing = {place: count for place, count in by.items() if count > 1}
    wrong = _misjudged(plan, said, server)
    untold = _unannounced(plan, server)
    counts = {
        "done_twice": sum(count - 1 for count in changes.values()),
        "lost_updates": sum(count - 1 for count in clashing.values()),
        "unannounced": sum(untold.values()),
        "misjudged": int(np.count_nonzero(wrong)),
        "events_twice": server.events.total() - len(server.events),
        "foreign": server.strange,
    }
    off = [f"command {number}" for number in (*twice, *np.flatnonzero(wrong).tolist())]
    entities = dict.fromkeys((*(entity for entity, _ in clashing), *untold))
    return counts, [*off, *(plan.subjects[entity] for entity in entities)]


def _unannounced(plan: Traffic, server: OnServer) -> Mapping[int, int]:
    """Return how many versions of an entity no event tells of, where there are some.

    A state that is gone had a version as high as any event says.
    """
    told = {(entity, version) for entity, version, _ in server.events}
    highest = dict.fromkeys(range(len(plan.subjects)), FIRST_VERSION)
    for entity, version in (*server.versions.items(), *told):
        highest[entity] = max(highest[entity], version)
    missing = {
        entity: sum((entity, each) not in told for each in range(FIRST_VERSION + 1, version + 1))
        + abs(version - server.versions.get(entity, 0))
        for entity, version in highest.items()
    }
    return {entity: count for entity, count in missing.items() if count}


def _misjudged(plan: Traffic, said: IntArray, server: OnServer) -> Flags:
    """Return which commands were answered otherwise than what became of them, shape (n,).

    One without an answer was judged by nobody; that it went unanswered is counted elsewhere.
    """
    carried, expects_old = plan.carried, stale(plan)[plan.carried]
    brought = {(command, version) for _, version, command in server.events}
    done = np.isin(carried, [command for command, _ in brought])
    true = np.array([pair in brought for pair in zip(carried.tolist(), said.tolist(), strict=True)])
    wrong: Flags = ((said > 0) & ~true) | ((said == SAID_OUTDATED) & ~expects_old)
    return wrong | (done & expects_old)
