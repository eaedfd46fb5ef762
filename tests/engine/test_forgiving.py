"""What a disturbance excuses, and all that it does not."""

import pytest

from bench.core.noted import Noted
from bench.core.units import NS_PER_MS, NS_PER_S
from bench.engine.forgiving import EARLY_NS, Forgiving
from bench.engine.jobs import Done
from bench.engine.lastwords import done_findings, gap_findings
from bench.record.schema import Disturbed, Level
from bench.spec.disturbances import GRACE_NS, Action

START_NS = 1_000 * NS_PER_S
"""Of the trial, on the clock of the workers."""


def disturbed(do: Action = "pause", part: str = "consumer", at_s: int = 3) -> Disturbed:
    """Planned for some second of the trial, begun 1 ms later, and over half a second after that."""
    begun_ns = at_s * NS_PER_S + NS_PER_MS
    return Disturbed(
        do=do,
        part=part,
        planned_ns=at_s * NS_PER_S,
        for_ns=NS_PER_S // 2,
        begun_ns=begun_ns,
        ended_ns=begun_ns + NS_PER_S // 2,
    )


PAUSE = disturbed()
FORGIVING = Forgiving(done=(PAUSE,), start_ns=START_NS)


def lost(*at_ns: int, more: int = 0) -> Done:
    """A worker whose connection was lost at instants of the trial."""
    fault = Noted("connection lost", [START_NS + each for each in at_ns], more)
    return Done(faults=(fault,))


def test_what_was_to_be_expected_is_a_note_that_says_so() -> None:
    """It is shown, and counts for nothing."""
    (found,) = done_findings("consumer-0", lost(PAUSE.begun_ns + 5), FORGIVING)

    assert (found.level, found.code, found.counts) == (Level.NOTE, "connection-fault", False)
    assert found.forgiven_by == "pause of consumer at 3s of the trial"
    assert found.text.startswith("expected: forgiven by pause of consumer at 3s of the trial: ")
    assert found.at_ns == PAUSE.begun_ns + 5


@pytest.mark.parametrize(
    ("role", "at_ns", "forgiven"),
    [
        ("consumer-0", PAUSE.begun_ns, True),
        ("consumer-0", PAUSE.begun_ns - 1, False),
        ("consumer-0", PAUSE.ended_ns + GRACE_NS, True),
        ("consumer-0", PAUSE.ended_ns + GRACE_NS + 1, False),
        ("consumer-1", PAUSE.begun_ns, True),
        ("publisher-0", PAUSE.begun_ns, False),
        ("billing.consumer-0", PAUSE.begun_ns, False),
    ],
)
def test_only_whom_it_befell_and_only_while_it_lasted(
    role: str, at_ns: int, forgiven: bool
) -> None:
    """Everything else counts as it always does."""
    (found,) = done_findings(role, lost(at_ns), FORGIVING)

    assert (found.level is Level.NOTE) is forgiven
    assert (found.level is Level.INVALID) is not forgiven


def test_one_instant_outside_makes_all_of_it_count() -> None:
    """A connection that broke before, too, broke by itself."""
    (found,) = done_findings("consumer-0", lost(NS_PER_S, PAUSE.begun_ns), FORGIVING)

    assert (found.level, found.at_ns) == (Level.INVALID, NS_PER_S)


def test_what_nobody_knows_the_instants_of_counts() -> None:
    """Beyond a hundred they are not kept."""
    (found,) = done_findings("consumer-0", lost(PAUSE.begun_ns, more=1), FORGIVING)
    (plain,) = done_findings("consumer-0", Done(faults=("connection lost",)), FORGIVING)

    assert (found.level, plain.level) == (Level.INVALID, Level.INVALID)


def test_what_counts_and_what_does_not_stand_apart() -> None:
    """One of each: neither hides the other."""
    faults = (
        Noted("connection lost", [START_NS + PAUSE.begun_ns]),
        Noted("protocol error", [START_NS + NS_PER_S]),
    )

    found = done_findings("consumer-0", Done(faults=faults), FORGIVING)

    assert [(each.level, each.text.split(": ")[-1]) for each in found] == [
        (Level.INVALID, "protocol error"),
        (Level.NOTE, "connection lost"),
    ]


def test_a_disturbance_forgives_what_it_brings_about_alone() -> None:
    """A process that is killed breaks no connection of who comes after it."""
    crash = Forgiving(done=(disturbed("crash"),), start_ns=START_NS)
    refusing = Done(refusals=("no stream (3 times)",))

    (fault,) = done_findings("consumer-0", lost(PAUSE.begun_ns), crash)
    (refused,) = done_findings("consumer-0", refusing, FORGIVING)

    assert (fault.level, refused.level) == (Level.INVALID, Level.WARNING)


def test_one_that_never_ended_or_began_forgives_nothing() -> None:
    """Nobody knows until when."""
    endless = Disturbed(do="pause", part="consumer", planned_ns=0, for_ns=1, begun_ns=0)
    unbegun = Disturbed(do="pause", part="consumer", planned_ns=0, for_ns=1)
    forgiving = Forgiving(done=(endless, unbegun), start_ns=START_NS)

    (found,) = done_findings("consumer-0", lost(5), forgiving)

    assert found.level is Level.INVALID


def test_each_is_forgiven_by_the_one_that_it_falls_into() -> None:
    """Two pauses: one fault in each of them, and both are expected."""
    two = Forgiving(done=(PAUSE, disturbed(at_s=8)), start_ns=START_NS)

    (both,) = done_findings("consumer-0", lost(PAUSE.begun_ns, 8 * NS_PER_S + 2 * NS_PER_MS), two)

    assert both.level is Level.NOTE


def test_a_standstill_is_forgiven_where_all_of_it_lies_within() -> None:
    """A loop that stood still for longer than it was stopped stood still by itself as well."""
    stopped = START_NS + PAUSE.begun_ns - EARLY_NS // 2, NS_PER_S // 2
    longer = START_NS + PAUSE.begun_ns, NS_PER_S // 2 + GRACE_NS + 1
    before = START_NS + NS_PER_S, NS_PER_S // 2

    counting, expected = FORGIVING.stalls("consumer-0", [stopped, longer, before])
    of_another, _ = FORGIVING.stalls("publisher-0", [stopped])

    assert counting == [(due - START_NS, late) for due, late in (longer, before)]
    assert [stall for stall, _ in expected] == [(stopped[0] - START_NS, stopped[1])]
    assert len(of_another) == 1


def test_a_standstill_from_one_disturbance_into_the_next_counts() -> None:
    """Its ends lie within one each, and what is between them within none."""
    first, second = disturbed(at_s=3), disturbed(at_s=9)
    forgiving = Forgiving(done=(first, second), start_ns=START_NS)
    stall = (first.begun_ns, second.ended_ns - first.begun_ns)

    counting, expected = forgiving.stalls("consumer-0", [(START_NS + stall[0], stall[1])])

    assert (counting, expected) == ([stall], [])


def test_questions_without_an_answer_count_in_a_pause() -> None:
    """The server was there all the time."""
    gap = Noted("3 questions had no answer", (PAUSE.begun_ns,))

    (found,) = gap_findings("sampler", [gap], FORGIVING)

    assert (found.level, found.at_ns) == (Level.WARNING, PAUSE.begun_ns)
