"""The parts of groups of keys: who writes them, who reads them, and what is checked of that."""

from bench.spec.asking import UNANSWERED
from bench.spec.cast import UNSTORED, Entry, Level, Part, Weight, driving

GROUP_PUT, GROUP_GET = "group_put", "group_get"

GROUP_WRITING = driving(
    GROUP_PUT,
    role="saver",
    answered=Entry(name="grouped", means="every key of the group confirmed by a PubAck"),
    fails=UNSTORED,
).calling("write")


TORN = Entry(
    name="torn",
    means="keys of a group with more than one version, read as they were",
    weight=Weight.NOTED,
    ruled=True,
    at_most=("gathered",),
)
"""Of reads without a boundary: what one wants to know."""

INCOHERENT = Entry(
    name="incoherent",
    means="keys of a group with more than one version, in spite of the boundary",
    weight=Weight.SHORTFALL,
    ruled=True,
    at_most=("gathered",),
    check="No group is read torn at a boundary",
)


def group_reading(*torn: Entry) -> Part:
    """Return the part of those who read groups.

    Args:
        torn: as what a group of more than one version counts.
    """
    return driving(
        GROUP_GET,
        role="gatherer",
        answered=Entry(name="gathered", means="answered in time, every key that there was"),
        fails=(
            *UNANSWERED,
            *torn,
            Entry(
                name="partial",
                means="a key had no value, or none that was old enough",
                weight=Weight.NOTED,
                ruled=True,
                at_most=("gathered",),
            ),
            Entry(
                name="group_stale",
                means="an older version than was confirmed before it was asked for",
                weight=Weight.NOTED,
                ruled=True,
                at_most=("gathered",),
            ),
            Entry(
                name="group_wrong",
                means="a version that was never written to its group",
                weight=Weight.SHORTFALL,
                ruled=True,
                at_most=("gathered",),
                check="Whatever was read of a group was once written to it",
            ),
        ),
        levels=(Level(name="asked", came="offered", left="gathered", words="not gathered"),),
    ).calling("read")
