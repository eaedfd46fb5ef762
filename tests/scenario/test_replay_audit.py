"""A replay that is over: a sound one holds, and each planted fault of a replayer is found."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from bench.engine.audit import Audited, Evidence
from bench.engine.recorder import NEVER, ConsumerRecord, PublisherRecord
from bench.engine.table import driven, renumbered, seen_by, some_of
from bench.plan.traffic import make_traffics
from bench.scenario.replay_audit import audited
from bench.spec.kinds.replay import REPLAY, Replay
from bench.spec.laid import FILL
from tests.plan.examples import cell

FIRST, LAST, MESSAGES = 11, 40, 60
LOAD = Replay.model_validate(
    {
        "kind": "replay",
        "subjects": {"pattern": "e.{k}", "values": {"k": ["a", "b", "c"]}},
        "payload": {"sizes": "64B"},
        "history": {"messages": MESSAGES},
        "replay": {"first": FIRST, "last": LAST},
        "phases": {"warmup": "1s", "measure": "2s"},
    }
)
TRAFFIC = make_traffics(LOAD.loads, 1)


def record(seqs: Sequence[int], passed_over: Sequence[int] = ()) -> ConsumerRecord:
    """What a replayer wrote that handled these sequences in turn, and passed over others."""
    every = np.array([*seqs, *passed_over], dtype=np.int64)
    handled_ns = np.where(np.arange(every.size) < len(seqs), 10**9 + 2 * np.arange(every.size), 0)
    return ConsumerRecord(
        ids=every - 1,
        stream_seqs=every,
        deliveries=np.ones_like(every),
        received_ns=10**9 + np.arange(every.size),
        handled_ns=handled_ns,
        acked_ns=handled_ns,
    )


def judged(*records: ConsumerRecord) -> Audited:
    due_ns = TRAFFIC[FILL].intended_ns
    ids = np.arange(MESSAGES)
    laid = PublisherRecord(
        ids=ids,
        sent_ns=np.full(MESSAGES, 5),
        stored_ns=np.full(MESSAGES, 6),
        outcome=np.zeros_like(ids),
        said=np.zeros_like(ids),
    )
    fill = driven(due_ns, [laid], 0)
    due = (ids >= FIRST - 1) & (ids < LAST)
    own = seen_by(some_of(fill, due), renumbered(records, due), 0)
    evidence = Evidence(
        tables={FILL: fill, REPLAY: own},
        drivers={},
        observers={REPLAY: list(records)},
        held=None,
        start_ns=0,
    )
    return audited(cell(1, load=LOAD), TRAFFIC, evidence)


def counts(*records: ConsumerRecord) -> dict[str, int]:
    return dict(judged(*records).counts[REPLAY])


WINDOW = list(range(FIRST, LAST + 1))
SOUND = {"outstanding": 0, "passed_over": 0, "outside": 0, "misfolded": 0}


def test_a_sound_one_holds() -> None:
    assert counts(record(WINDOW)) == SOUND
    assert not judged(record(WINDOW)).findings


def test_what_it_passed_over_is_told_and_no_fault() -> None:
    assert counts(record(WINDOW, [LAST + 1, LAST + 2])) == {**SOUND, "passed_over": 2}


@pytest.mark.parametrize("beyond", [FIRST - 1, LAST + 1])
def test_a_bound_that_is_off_by_one_is_found(beyond: int) -> None:
    found = counts(record(sorted([*WINDOW, beyond])))

    assert found["outside"] == 1
    assert found["outstanding"] == 0


@pytest.mark.parametrize("missing", [FIRST, LAST, 25])
def test_an_event_that_was_skipped_is_found(missing: int) -> None:
    assert counts(record([seq for seq in WINDOW if seq != missing]))["outstanding"] == 1


def test_a_repeat_of_an_early_event_behind_later_ones_is_found() -> None:
    """Whoever keeps what came last of each subject is at an old state then."""
    found = judged(record([*WINDOW, FIRST]))

    assert found.counts[REPLAY] == {**SOUND, "misfolded": 1}
    assert "was not the last to be handled of e." in found.findings[0].text


def test_a_repeat_at_once_is_harmless() -> None:
    assert counts(record([FIRST, *WINDOW])) == SOUND


def test_two_processes_are_one_replay() -> None:
    """By when each event was handled, whoever did it."""
    first, second = record(WINDOW[::2]), record(WINDOW[1::2])
    later = replace(second, handled_ns=second.handled_ns + 1)

    assert counts(first, later) == SOUND
    much_later = replace(first, handled_ns=first.handled_ns + 10**6)
    assert counts(much_later, second)["misfolded"] > 0


def test_what_never_was_handled_is_no_state() -> None:
    received = record(WINDOW)
    silent = replace(received, handled_ns=np.full(len(WINDOW), NEVER))

    assert counts(silent) == {**SOUND, "outstanding": len(WINDOW), "misfolded": 3}


def test_what_the_drain_brings_was_late() -> None:
    """The window is the longest that a replay may take."""
    record_ = record(WINDOW)
    late_ns = record_.handled_ns.copy()
    late_ns[-2:] = 3 * 10**9 + 1

    assert counts(replace(record_, handled_ns=late_ns))["outstanding"] == 2
