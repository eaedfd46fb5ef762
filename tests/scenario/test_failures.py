"""What became of messages whose handlers failed, by records of known truth."""

from dataclasses import replace

import numpy as np

from bench.broker.letters import Letter
from bench.clients.port import Ending
from bench.engine.losses import UNKNOWN
from bench.engine.recorder import NEVER, ConsumerRecord
from bench.plan.faults import NONE, Faults
from bench.plan.traffic import PUBLISHES, Traffic, make_traffic
from bench.scenario.failures import counted, lettered
from bench.spec.bad import BadMessage
from bench.spec.faults import Fault
from bench.spec.keys import Act
from bench.spec.kinds.stream import Stream

PERMANENT = Fault.model_validate({"kind": "permanent", "share": "50%"})
TRANSIENT = Fault.model_validate({"kind": "transient", "share": "50%"})
SOUND, PASSING, HOPELESS = 0, 1, 2

Row = tuple[int, int]
"""Message and ending; WELL is 0."""


def traffic() -> Traffic:
    """Three messages: one is sound, one fails at first, one fails always."""
    load = Stream.model_validate(
        {
            "kind": "stream",
            "payload": {"sizes": "128B"},
            "publish": {"rate": "3/s"},
            "phases": {"warmup": "0s", "measure": "1s", "drain": "1s"},
        }
    )
    faults = Faults(kinds=(TRANSIENT, PERMANENT), index=np.array([0, 1, 2]))
    return replace(make_traffic(load.loads["publish"], 1), faults=faults)


def record(*rows: Row) -> ConsumerRecord:
    ids, ending = np.array(rows, dtype=np.int64).reshape(-1, 2).T
    again = [Ending.NAKED, Ending.SILENT, Ending.REPEATED, Ending.IN_HAND, Ending.UNPOSTED]
    again += [Ending.TURNED_AWAY, Ending.SUPERSEDED]
    silent = [*again, *map(int, Ending)]
    return ConsumerRecord(
        ids=ids,
        stream_seqs=ids + 1,
        deliveries=np.ones_like(ids),
        received_ns=ids + 1,
        handled_ns=np.where(np.isin(ending, again), NEVER, 10),
        acked_ns=np.where(np.isin(ending, silent), NEVER, 10),
        ending=ending,
    )


def found(*records: ConsumerRecord) -> dict[str, int]:
    return {name: count for name, count in counted(records, traffic()).items() if count}


def test_a_trial_in_which_each_met_its_fate_has_nothing_against_it() -> None:
    """The transient one fails once and is handled, the permanent one is given up."""
    whole = record(
        (SOUND, 0),
        (PASSING, Ending.NAKED),
        (PASSING, 0),
        (HOPELESS, Ending.NAKED),
        (HOPELESS, Ending.TERMINATED),
    )

    assert found(whole) == {"failures": 3, "naked": 2, "terminated": 1}


def test_what_would_have_succeeded_and_was_given_up_is_undone() -> None:
    """Given up by the consumer, by the server, or acknowledged before it failed."""
    for ending in (Ending.TERMINATED, Ending.EXHAUSTED, Ending.TOO_LATE):
        assert found(record((PASSING, ending)))["undone"] == 1
    assert found(record((PASSING, Ending.NAKED)))["undone"] == 1, "it never came again"


def test_what_can_never_succeed_and_is_not_given_up_is_stuck() -> None:
    assert found(record((HOPELESS, Ending.NAKED)))["stuck"] == 1
    assert found(record((HOPELESS, Ending.SILENT)))["stuck"] == 1
    assert "stuck" not in found(record((HOPELESS, Ending.EXHAUSTED)))


def test_two_effects_of_one_message_are_seen_across_processes() -> None:
    """Handled and not acknowledged by one process, handled by another."""
    assert found(record((SOUND, Ending.UNACKED)), record((SOUND, 0)))["handled_twice"] == 1
    assert "handled_twice" not in found(record((SOUND, Ending.UNACKED), (SOUND, Ending.REPEATED)))


def test_a_handler_that_was_broken_off_has_no_effect() -> None:
    """Received and never ended: neither well nor ill."""
    broken = replace(record((SOUND, 0), (SOUND, 0)), handled_ns=np.array([10, NEVER]))

    assert found(broken) == {}


def test_what_was_turned_away_and_never_tried_is_undone() -> None:
    """Unless a later one of its subject stood for it: that is seen by the last of its subject."""
    away, gone = (PASSING, Ending.TURNED_AWAY), (PASSING, Ending.SUPERSEDED)

    assert found(record(away)) == {"undone": 1}
    assert found(record(away, (PASSING, 0))) == {}
    assert found(record(away, gone)) == found(record(gone)) == {}


def test_what_was_turned_away_and_can_never_be_handled_is_stuck_unless_it_was_given_up() -> None:
    """After its last delivery the server gives it up; what gave way is done with."""
    away = record((HOPELESS, Ending.TURNED_AWAY))
    last = replace(away, deliveries=np.array([3]))

    assert found(away) == {"stuck": 1}
    assert counted([last], traffic(), max_deliver=4)["stuck"] == 1
    assert counted([last], traffic(), max_deliver=3)["stuck"] == 0
    assert found(away, record((HOPELESS, Ending.TERMINATED))).get("stuck", 0) == 0
    assert found(away, record((HOPELESS, Ending.SUPERSEDED))).get("stuck", 0) == 0


def test_of_several_attempts_the_last_one_says_whether_a_failure_was_dealt() -> None:
    """One fault at the first attempt, three attempts: what failed all three met an outage."""
    rows = record((PASSING, Ending.NAKED), (HOPELESS, Ending.NAKED))

    assert counted([rows], traffic(), 1)["outage_failures"] == 0
    assert counted([rows], traffic(), 3)["outage_failures"] == 1


def test_repeats_that_did_nothing_are_told() -> None:
    assert found(record((SOUND, 0), (SOUND, Ending.IN_HAND), (SOUND, Ending.REPEATED))) == {
        "repeats": 2
    }


BAD = BadMessage.model_validate({"kind": "malformed", "share": "50%"})


def looked(*rows: Row) -> tuple[int, int, int]:
    """How many are bad of three messages of which the last one is, noticed, and unnoticed."""
    faults = Faults(kinds=(BAD,), index=np.array([0, 0, 1]))
    made = counted([record(*rows)], replace(traffic(), faults=faults))
    return made["bad_msgs"], made["noticed"], made["unnoticed"]


def test_a_bad_message_is_to_be_refused_and_counts_where_it_is_not() -> None:
    bad = HOPELESS
    assert looked((SOUND, 0)) == (0, 0, 0), "it never came"
    assert looked((SOUND, 0), (bad, Ending.TERMINATED)) == (1, 1, 0)
    assert looked((SOUND, 0), (bad, 0)) == (1, 0, 1), "a handler that skips its check"
    assert looked((bad, Ending.NAKED), (bad, 0)) == (1, 0, 1), "noticed once, and then missed"
    assert looked((bad, Ending.UNACKED)) == (1, 0, 1)


def test_each_way_of_being_bad_is_counted_by_itself() -> None:
    """Whoever checks the envelope alone takes what is tampered with, not what is cut off."""
    tampered = BadMessage.model_validate({"kind": "tampered", "share": "30%"})
    faults = Faults(kinds=(BAD, tampered, BAD), index=np.array([1, 2, 3]))
    rows = record((0, Ending.TERMINATED), (1, 0), (2, Ending.TERMINATED))

    made = counted([rows], replace(traffic(), faults=faults))

    assert (made["bad_msgs"], made["noticed"], made["unnoticed"]) == (3, 2, 1)
    assert (made["malformed_msgs"], made["malformed_unnoticed"]) == (2, 0)
    assert (made["tampered_msgs"], made["tampered_unnoticed"]) == (1, 1)
    assert (made["replayed_msgs"], made["replayed_unnoticed"]) == (0, 0)


WRITE_ERROR = Fault.model_validate({"kind": "write-error", "share": "50%", "times": 2})


def written(*rows: tuple[int, int]) -> dict[str, int]:
    """What is found of a message whose effect is to be refused twice, by delivery and ending."""
    faults = Faults(kinds=(WRITE_ERROR,), index=np.array([1, 0, 0]))
    brought = record(*((0, ending) for _, ending in rows))
    brought = replace(brought, deliveries=np.array([delivery for delivery, _ in rows]))
    made = counted([brought], replace(traffic(), faults=faults))
    names = ("writes_refused", "writes_taken", "undone", "stuck", "outage_failures")
    return {name: made[name] for name in names if made[name]}


def test_an_effect_that_is_refused_is_made_at_a_later_delivery() -> None:
    assert written((1, Ending.NAKED), (2, Ending.NAKED), (3, 0)) == {"writes_refused": 2}
    given_up = written((1, Ending.NAKED), (2, Ending.TERMINATED))
    assert given_up == {"writes_refused": 2, "undone": 1}
    assert written((1, Ending.NAKED), (3, 0)) == {"writes_refused": 1}, "one never came"


def test_an_effect_that_was_to_be_refused_and_is_made_counts() -> None:
    """A server that takes what it is to refuse; a repeat that is left alone makes none."""
    assert written((1, Ending.NAKED), (2, 0)) == {"writes_refused": 1, "writes_taken": 1}
    assert written((1, Ending.NAKED), (2, Ending.REPEATED)) == {"writes_refused": 1, "undone": 1}


REPLAY = BadMessage.model_validate({"kind": "replayed", "share": "50%"})


def replayed(*rows: tuple[int, int, int]) -> dict[str, int]:
    """What is found of deliveries of a message, with their sequences, of which some are replays.

    Message 1 says again what message 0 said.
    """
    acts = (PUBLISHES, Act(name="replayed", share=0.3, again=True))
    plan = replace(traffic(), acts=acts, act_index=np.array([0, 1, 0]))
    plan = replace(plan, faults=NONE)
    places = record(*((message, ending) for message, _, ending in rows))
    seqs = np.array([seq for _, seq, _ in rows])
    made = counted([replace(places, stream_seqs=seqs)], plan)
    names = ("bad_msgs", "noticed", "unnoticed", "stuck", "undone")
    return {name: made[name] for name in names if made[name]}


def test_what_is_replayed_is_known_by_its_place_in_the_stream() -> None:
    """The first of an id is the one that was meant, however late it is delivered."""
    assert replayed((0, 1, 0), (0, 2, Ending.TERMINATED)) == {"bad_msgs": 1, "noticed": 1}
    assert replayed((0, 2, Ending.TERMINATED), (0, 1, 0)) == {"bad_msgs": 1, "noticed": 1}
    assert replayed((0, 1, 0), (0, 1, Ending.REPEATED), (1, 3, 0)) == {}


def test_a_replay_that_is_handled_is_unnoticed_and_one_without_end_stuck() -> None:
    assert replayed((0, 1, 0), (0, 2, 0)) == {"bad_msgs": 1, "unnoticed": 1}
    asked = replayed((0, 1, 0), (0, 2, Ending.NAKED), (0, 2, Ending.NAKED))
    assert asked == {"bad_msgs": 1, "noticed": 1, "stuck": 1}
    given_up = replayed((0, 1, 0), (0, 2, Ending.NAKED), (0, 2, Ending.TERMINATED))
    assert given_up == {"bad_msgs": 1, "noticed": 1}


def test_a_replay_that_is_known_is_neither_noticed_nor_handled() -> None:
    """It was acknowledged without an effect: a handler that remembers needs no nonce."""
    assert replayed((0, 1, 0), (0, 2, Ending.REPEATED)) == {"bad_msgs": 1}


def test_a_replay_that_is_handled_in_place_of_the_true_message_is_unnoticed() -> None:
    """And where neither is handled, the true one is undone."""
    wrong = replayed((0, 1, Ending.TERMINATED), (0, 2, 0))
    assert wrong == {"bad_msgs": 1, "unnoticed": 1}
    both = replayed((0, 1, Ending.TERMINATED), (0, 2, Ending.TERMINATED))
    assert both == {"bad_msgs": 1, "noticed": 1, "undone": 1}


def test_a_bad_message_that_is_asked_for_again_for_ever_is_stuck() -> None:
    faults = Faults(kinds=(BAD,), index=np.array([0, 0, 1]))
    bad = replace(traffic(), faults=faults)

    assert counted([record((HOPELESS, Ending.NAKED))], bad)["stuck"] == 1
    made = counted([record((HOPELESS, Ending.TERMINATED))], bad)
    assert (made["stuck"], made["undone"], made["outage_failures"]) == (0, 0, 0)


def letters(*seqs: int, reason: str = "attempts") -> list[Letter]:
    return [Letter(seq=seq, attempts=4, reason=reason) for seq in seqs]


GIVEN_UP = (PASSING, Ending.TERMINATED), (HOPELESS, Ending.EXHAUSTED)
"""Of sequences 2 and 3."""


def test_whatever_was_given_up_is_to_stand_among_the_dead_letters_once() -> None:
    whole = letters(2) + letters(3, reason="max_deliver")

    assert lettered([record((SOUND, 0), *GIVEN_UP)], whole) == {
        "dead_lettered": 2,
        "letters_exhausted": 1,
        "letters_missing": 0,
        "letters_twice": 0,
        "letters_unsent": 0,
    }


def test_a_dead_letter_that_is_missing_or_comes_twice_is_counted() -> None:
    """By processes: what one gave up, another one's letter does not stand for."""
    found = lettered([record(GIVEN_UP[0]), record(GIVEN_UP[1])], letters(2, 2))

    assert (found["dead_lettered"], found["letters_twice"]) == (1, 1)
    assert (found["letters_missing"], found["letters_exhausted"]) == (1, 0)


def test_what_was_turned_away_at_its_last_delivery_is_given_up_by_the_server() -> None:
    """No handler was run, and none ever will be: without a letter nobody learns of it."""
    for ending in (Ending.TURNED_AWAY, Ending.RETURNED, Ending.UNPOSTED):
        away = record((HOPELESS, ending))
        assert lettered([away], letters(3), 1)["letters_missing"] == 0
        assert lettered([away], letters(), 1)["letters_missing"] == 1
        assert lettered([away], letters(), 2)["letters_missing"] == 0, "it comes again"
        assert lettered([away], letters())["letters_missing"] == 0


def test_what_the_server_said_that_it_gave_up_is_to_have_its_letter() -> None:
    """Its last ack came too late, or who heard of it was killed before the letter was posted."""
    handled = record((SOUND, 0))

    assert lettered([handled], letters(1), 1, [1])["letters_missing"] == 0
    assert lettered([handled], letters(2), 1, [1, 1])["letters_missing"] == 1


def test_a_dead_letter_that_was_not_stored_counts_though_a_later_one_was() -> None:
    again = record((HOPELESS, Ending.UNPOSTED), (HOPELESS, Ending.TERMINATED))

    assert lettered([again], letters(3))["letters_unsent"] == 1
    assert found(record((PASSING, Ending.UNPOSTED)))["undone"] == 1
    assert found(record((HOPELESS, Ending.UNPOSTED)))["stuck"] == 1


def test_letters_that_nobody_can_read_are_not_told_as_there() -> None:
    untold = dict(lettered([record(*GIVEN_UP)], None))

    assert untold.pop("letters_unsent") == 0
    assert set(untold.values()) == {UNKNOWN}


def test_failures_that_were_not_dealt_are_those_of_an_outage() -> None:
    """The sound one failed twice; the transient one at its second delivery, after its own."""
    again = record((SOUND, Ending.NAKED), (SOUND, Ending.SILENT), (SOUND, 0))
    dealt = record((PASSING, Ending.NAKED), (PASSING, Ending.NAKED), (PASSING, 0))
    second = replace(dealt, deliveries=np.array([1, 2, 3]))

    counts = found(again, second)

    assert (counts["failures"], counts["outage_failures"]) == (4, 3)
    assert (counts["outage_msgs"], counts["outage_attempts"]) == (2, 2)
    assert "undone" not in counts


def test_places_of_messages_are_those_that_say_no_other_again() -> None:
    """The second of three says the first one again: the hopeless one is the second due."""
    acts = (PUBLISHES, Act(name="duplicate", share=0.3, again=True))
    plan = replace(traffic(), acts=acts, act_index=np.array([0, 1, 0]))

    counts = counted([record((1, Ending.TERMINATED), (0, 0), (0, 0))], plan)

    assert (counts["undone"], counts["stuck"], counts["terminated"]) == (0, 0, 1)
    assert counts["handled_twice"] == 1
