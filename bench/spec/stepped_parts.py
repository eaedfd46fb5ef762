"""The parts of workflows: who begins them, who does each step, and each of them as a whole."""

from collections.abc import Sequence
from dataclasses import replace

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
    observing,
)
from bench.spec.filling import PUBLISH
from bench.spec.told_parts import asking

WORKFLOW, RESET = "workflow", "reset"

BEGINNING = driving(PUBLISH, role="publisher", answered=STORED, fails=UNSTORED)

_CHECK = Entry(name="", weight=Weight.SHORTFALL, ruled=True, untold=True)

_OF_STEP = (
    Entry(
        name="conflicts",
        means="tries in which another worker was faster, or the step before was not seen yet",
        weight=Weight.NOTED,
        ruled=True,
    ),
    Entry(
        name="repeats",
        means="messages whose step their workflow had behind it; they changed nothing",
        weight=Weight.NOTED,
        ruled=True,
    ),
    Entry(
        name="in_vain",
        means="of those, worked for at the same time as another one",
        weight=Weight.NOTED,
        ruled=True,
        at_most=("repeats",),
    ),
    Entry(
        name="unchanged",
        means="steps that were refused by the server, or given up",
        weight=Weight.SHORTFALL,
        ruled=True,
    ),
)


def step(name: str, *, several: bool, pulls: bool) -> Part:
    """Return a step, whose workers take its messages from a JetStream consumer.

    Args:
        name: of the step.
        several: there are others.
        pulls: they ask for them.
    """
    role = f"{name}.worker" if several else "worker"
    plain = observing(name, flow=BEGINNING, role=role, acks=True, some=True)
    expected = "workflows that are to pass it"
    entries = (
        replace(each, means=expected) if each.name == "expected" else each for each in plain.entries
    )
    made = replace(
        plain,
        spans=(Span(name="work", begin="received", end="handled"), *plain.spans),
        entries=(*entries, *_OF_STEP),
    )
    return asking(made, pulls=pulls)


def _whole(role: str) -> Part:
    return Part(
        name=WORKFLOW,
        side=Side.OBSERVES,
        flow=PUBLISH,
        role=role,
        instants=(
            Instant(name="expected", entry="expected", due=True),
            Instant(name="completed", entry="completed"),
        ),
        spans=(Span(name="whole", begin="expected", end="completed"),),
        levels=(Level(name="in_flight", came="stored", left="completed", words="not completed"),),
        entries=(
            Entry(name="expected", means="workflows in the schedule", at_most=("planned",)),
            Entry(
                name="completed",
                means="last step done, as its worker saw it",
                counts="received",
                at_most=("expected",),
            ),
            *_OF_WORKFLOW,
        ),
    )


_OF_WORKFLOW = (
    replace(
        _CHECK,
        name="uncompleted",
        means="begun, and at the end without their last step or the event of it",
        check="Each workflow that was begun was completed",
    ),
    replace(
        _CHECK,
        name="completed_again",
        means="events of a workflow's end beyond the first",
        check="No workflow was completed twice",
    ),
    replace(
        _CHECK,
        name="skipped",
        means="workflows that lack a step before their last one",
        check="No workflow passed over a step",
    ),
    replace(
        _CHECK,
        name="regressed",
        means="workflows that went back to an earlier step",
        check="No workflow went back to a step that it had behind it",
    ),
    replace(
        _CHECK,
        name="reapplied",
        means="workflows to which a step was applied twice",
        check="A step that comes again is done once",
    ),
    Entry(
        name="foreign",
        means="states and ends that are of no workflow of the trial",
        weight=Weight.FAULT,
        untold=True,
    ),
)


def _of_reset(role: str) -> Part:
    """Return the part of what a step that is reset goes through again, all due at that instant."""
    return Part(
        name=RESET,
        side=Side.OBSERVES,
        flow=PUBLISH,
        role=role,
        instants=(
            Instant(name="set_back", entry="replayed", due=True),
            Instant(name="came_again", entry="came_again"),
            Instant(name="caught_up", entry="caught_up"),
        ),
        spans=(Span(name="catch_up", begin="set_back", end="caught_up"),),
        levels=(
            Level(name="catching_up", came="set_back", left="caught_up", words="not handled again"),
        ),
        entries=(
            Entry(
                name="replayed",
                means="messages that the step had when it was reset, from where it was reset to",
                counts="expected",
            ),
            Entry(name="came_again", means="delivered again", counts="received"),
            Entry(
                name="caught_up",
                means="handled again",
                counts="handled",
                at_most=("came_again",),
            ),
            *_OF_RESET,
        ),
    )


_OF_RESET = (
    Entry(
        name="no_ops",
        means="of those, changed nothing: their workflow had the step behind it",
        weight=Weight.NOTED,
        ruled=True,
        untold=True,
        at_most=("caught_up",),
    ),
    replace(
        _CHECK,
        name="left_behind",
        means="messages that the step had, and has not handled again",
        check="A step that is reset goes through all that it had again",
    ),
    replace(
        _CHECK,
        name="redone",
        means="deliveries that were worked for once more, as the step's workers count",
        check="A step that is reset does nothing twice",
    ),
)


def cast(steps: Sequence[str], reset: str = "", *, pulls: bool = True) -> Cast:
    """Return the parts, ranked by how long a whole workflow takes.

    Args:
        steps: in their order.
        reset: the step that is reset within the window; empty for none.
        pulls: workers ask for their messages.
    """
    several = len(steps) > 1
    parts = tuple(step(name, several=several, pulls=pulls) for name in steps)
    whole = _whole(parts[-1].role)
    again = tuple(_of_reset(part.role) for part in parts if part.name == reset)
    return Cast(parts=(BEGINNING, *parts, whole, *again), ranked=("whole",), done="completed")
