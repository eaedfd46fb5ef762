"""The parts of two writes that belong together: who writes, what agrees, what is put right."""

from collections.abc import Sequence

from bench.spec.cast import (
    STORED,
    UNSTORED,
    Cast,
    Entry,
    Instant,
    Level,
    Part,
    Side,
    Span,
    Weight,
    driving,
)
from bench.spec.variant import Strategy
from bench.spec.workload import Header

WRITE, PAIR, REPAIR = "write", "pair", "repair"

CRASHES = ("crash", "late-crash")
"""Acts of a plan: left after the first write, or after the last but one; of two it is the same."""

WRITING = driving(
    WRITE,
    role="writer",
    answered=STORED,
    fails=(
        *UNSTORED,
        Entry(
            name="crashed",
            means="left by their writer between two writes, as planned",
            weight=Weight.NOTED,
            ruled=True,
            at_most=("stored",),
        ),
    ),
).calling("write")
"""`stored` is the first of its writes."""

PAIRING = Part(
    name=PAIR,
    side=Side.OBSERVES,
    flow=WRITE,
    role="reconciler",
    instants=(Instant(name="paired", entry="paired"),),
    spans=(Span(name="both", begin="offered", end="paired"),),
    levels=(
        Level(name="divergent", came="stored", left="paired", words="without their other half"),
    ),
    entries=(
        Entry(
            name="paired",
            means="value and event confirmed, by whomever",
            counts="received",
            at_most=("planned",),
        ),
        Entry(
            name="diverged",
            means="one half on the server at the end, and the other not",
            weight=Weight.SHORTFALL,
            ruled=True,
            untold=True,
            check="Whatever was written is in the bucket and in the stream",
        ),
        Entry(
            name="events_twice",
            means="events that are in the stream once more than they happened",
            weight=Weight.NOTED,
            ruled=True,
            untold=True,
        ),
        Entry(
            name="unneeded",
            means="written by the reconciler while their writer was about to",
            weight=Weight.NOTED,
            ruled=True,
        ),
        Entry(
            name="foreign",
            means="values and events that carry no id of the trial",
            weight=Weight.FAULT,
            untold=True,
        ),
    ),
)

REPAIRING = Part(
    name=REPAIR,
    side=Side.OBSERVES,
    flow=WRITE,
    role="reconciler",
    instants=(
        Instant(name="expected", entry="expected", due=True),
        Instant(name="found", entry="found"),
        Instant(name="converged", entry="converged"),
    ),
    spans=(Span(name="convergence", begin="expected", end="converged"),),
    levels=(),
    entries=(
        Entry(
            name="expected",
            means="of which their writer wrote one half and not the other",
            at_most=("planned",),
        ),
        Entry(
            name="found",
            means="of which the reconciler found one half alone",
            counts="received",
            at_most=("expected",),
        ),
        Entry(
            name="converged",
            means="whole at last, or overtaken by a later value of their entity",
            counts="handled",
            at_most=("expected",),
        ),
    ),
)


def cast(*, crashes: bool) -> Cast:
    """Return the parts, ranked by when both halves are there, then by the first write."""
    parts = (WRITING, PAIRING, REPAIRING) if crashes else (WRITING, PAIRING)
    return Cast(parts=parts, ranked=("both", "response"), done="paired")


def event_headers(given: Sequence[Header], strategy: Strategy) -> tuple[Header, ...]:
    """Return what an event carries; that of an outbox its id, so that it is stored once."""
    always: tuple[Header, ...] = ("message-id",) if strategy == "outbox" else ()
    return tuple(dict.fromkeys((*given, *always)))
