"""The parts of commands: who sends them, and who handles them."""

from dataclasses import replace

from bench.spec.asking import UNANSWERED
from bench.spec.cast import (
    FOREIGN,
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

COMMAND, HANDLE = "command", "handle"

COMMANDING = driving(
    COMMAND,
    role="caller",
    answered=Entry(name="answered", means="answered in time, done or outdated"),
    fails=(
        *UNANSWERED,
        Entry(
            name="outdated",
            means="refused, for it expects another version than its entity has",
            weight=Weight.NOTED,
            ruled=True,
            at_most=("answered",),
        ),
        Entry(
            name="answered_again",
            means="answers to a command that had one",
            weight=Weight.SHORTFALL,
            ruled=True,
            check="No command was answered twice",
        ),
    ),
).calling("command")

_CHECK = Entry(name="", weight=Weight.SHORTFALL, ruled=True, untold=True)

HANDLING = Part(
    name=HANDLE,
    side=Side.OBSERVES,
    flow=COMMAND,
    role="handler",
    instants=(
        Instant(name="expected", entry="expected", due=True),
        *(Instant(name=each, entry=each) for each in ("received", "handled", "replied")),
    ),
    spans=(
        Span(name="work", begin="received", end="handled"),
        Span(name="delivery", begin="expected", end="received"),
        Span(name="completion", begin="expected", end="handled"),
        Span(name="reply", begin="expected", end="replied"),
    ),
    levels=(Level(name="unhandled", came="sent", left="handled", words="not handled"),),
    entries=(
        Entry(name="expected", means="commands, each counted once", at_most=("planned",)),
        Entry(name="received", means="taken by a handler", at_most=("expected", "deliveries")),
        Entry(name="handled", means="done or refused", at_most=("received",)),
        Entry(name="replied", means="reply handed over", at_most=("received",), counts="acked"),
        Entry(name="deliveries"),
        Entry(
            name="duplicates",
            means="deliveries of a command that had come before",
            weight=Weight.REPEAT,
            ruled=True,
        ),
        Entry(
            name="conflicts",
            means="tries in which another handler was faster",
            weight=Weight.NOTED,
            ruled=True,
        ),
        Entry(
            name="repeats",
            means="commands that were done before; they changed nothing",
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
            means="commands that were refused by the server, or given up",
            weight=Weight.SHORTFALL,
            ruled=True,
        ),
        replace(
            _CHECK,
            name="done_twice",
            means="versions that a command brought about beyond the first",
            check="A command that is sent again is done once",
        ),
        replace(
            _CHECK,
            name="lost_updates",
            means="versions that more than one command brought about, but for one each",
            check="No change of a state is lost to another one",
        ),
        replace(
            _CHECK,
            name="unannounced",
            means="versions of entities that no event tells of",
            check="Each change of a state is told by an event",
        ),
        replace(
            _CHECK,
            name="misjudged",
            means="answered otherwise than what became of them, or than they had to be",
            check="Each command is answered by what became of it",
        ),
        Entry(
            name="events_twice",
            means="events that are in the stream once more than they happened",
            weight=Weight.NOTED,
            ruled=True,
            untold=True,
        ),
        replace(FOREIGN, untold=True),
    ),
)

CAST = Cast(parts=(COMMANDING, HANDLING), ranked=("response",), done="answered")
