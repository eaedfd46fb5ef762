"""The parts of a stream, as made-up records have them."""

from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from typing import TypeVar

from bench.engine.table import MessageTable
from bench.record.schema import TrialRecord
from bench.spec.cast import (
    STORED,
    UNSTORED,
    Cast,
    driving,
    entries,
    instants,
    levels,
    observing,
)
from bench.spec.kinds import stream
from bench.spec.variant import Settings

T = TypeVar("T")


class Time(StrEnum):
    """The times of a stream."""

    SLIP = "slip"
    SERVICE = "service"
    RESPONSE = "response"
    DELIVERY = "delivery"
    COMPLETION = "completion"
    END_TO_END = "end_to_end"


INSTANTS = ("offered", "sent", "stored", "received", "handled", "acked")


def cast(*, acks: bool = True) -> Cast:
    """The cast of a stream whose consumers acknowledge after their handler, or never."""
    timing = "after-handler" if acks else "none"
    policy = "explicit" if acks else "none"
    made = {"ack": {"timing": timing}, "consumer": {"ack_policy": policy}}
    return stream.cast_of(Settings.model_validate(made))


def ledger(*, acks: bool = True, **counts: int) -> dict[str, int]:
    """A ledger that has these counts, and 0 of all else."""
    made = {name: counts.pop(name, 0) for name in entries(cast(acks=acks))}
    unknown = set(counts) - {"acked"}
    assert not unknown, unknown
    return made


def counts(**of_each: int) -> dict[str, int]:
    """Counts of every instant."""
    return {name: of_each[name] for name in INSTANTS}


def without_acks(record: TrialRecord) -> TrialRecord:
    """The record, had its variant never acknowledged: nothing is told of acks."""
    made = cast(acks=False)
    return replace(
        record,
        cast=made,
        window_counts=_only(record.window_counts, instants(made)),
        slices=_only(record.slices, instants(made)),
        ledger=_only(record.ledger, entries(made)),
        peaks=_only(record.peaks, levels(made)) or {},
    )


def _only(told: Mapping[str, T] | None, known: Mapping[str, object]) -> dict[str, T] | None:
    return None if told is None else {key: told[key] for key in told if key in known}


def of_parts(table: MessageTable) -> dict[str, MessageTable]:
    """One table for both parts of a stream: what was published is what was consumed."""
    return {part.name: table for part in cast().parts}


def two_consumers() -> Cast:
    """Publishers, a consumer of all that they publish, and one of what its filter matches."""
    publish = driving("publish", role="publisher", answered=STORED, fails=UNSTORED)
    billing = observing("billing", flow=publish, role="billing.consumer", acks=True)
    audit = observing("audit", flow=publish, role="audit.consumer", acks=True, some=True)
    return Cast(
        parts=(publish, billing, audit), ranked=("billing.end_to_end",), done="billing.acked"
    )
