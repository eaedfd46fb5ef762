"""Who was overtaken, who stands for whom, and what nobody handled, by hand."""

from dataclasses import replace

import numpy as np
import pytest

from bench.clients.port import Ending, IntArray
from bench.engine.recorder import NEVER, ConsumerRecord
from bench.engine.table import NEVER_NS, NOT_YET, driven
from bench.plan.traffic import Traffic, make_traffic
from bench.scenario.per_key import (
    Done,
    done_of,
    later_ns,
    overtaken,
    unfinished_keys,
    with_successors,
)
from bench.spec.kinds.stream import Stream

NOBODY = np.zeros(6, dtype=np.bool_)
KEYS = np.array([0, 1, 0, 1, 0, 0])


def done(*applied: int, keys: IntArray = KEYS, aside: tuple[int, ...] = ()) -> Done:
    """Return what became of six messages, in the stream as they are numbered; 0 is never."""
    applied_ns = np.array([each or NEVER_NS for each in applied])
    set_aside = np.zeros(len(applied), dtype=np.bool_)
    set_aside[[*aside]] = True
    return Done(
        keys=keys,
        seqs=np.arange(len(applied)) + 1,
        applied_ns=applied_ns,
        again_ns=applied_ns,
        set_aside=set_aside,
    )


@pytest.mark.parametrize(
    ("applied", "expected"),
    [
        ((10, 20, 30, 40, 50, 60), 0),
        ((10, 5, 30, 40, 50, 60), 0),  # another key may be handled before
        ((31, 20, 30, 40, 50, 60), 1),  # 2 was handled before 0
        ((99, 20, 98, 40, 97, 96), 3),  # all of key 0 backwards: the last one alone was not
        ((30, 20, 30, 40, 50, 60), 0),  # noticed together
        ((10, 20, 0, 40, 50, 60), 0),  # who was never handled was not overtaken
        ((90, 20, 0, 40, 50, 60), 1),
        ((0, 0, 0, 0, 0, 0), 0),
    ],
)
def test_who_was_handled_after_a_later_one_of_its_key(
    applied: tuple[int, ...], expected: int
) -> None:
    assert overtaken(done(*applied)) == expected


def test_by_the_order_of_the_stream_and_not_of_the_ids() -> None:
    """Two publishers: 4 and 5 stand before the others in it."""
    found = replace(done(10, 20, 30, 40, 5, 60), seqs=np.array([3, 4, 5, 6, 1, 2]))

    assert overtaken(found) == 1
    assert later_ns(found).tolist() == [30, 40, NEVER_NS, NEVER_NS, 10, 10]


def test_as_a_plain_reference_has_it() -> None:
    """Of 2 000 messages of 30 keys, some of which never came and some were never handled."""
    rng = np.random.default_rng(7)
    keys, seqs = rng.integers(0, 30, 2000), rng.permutation(2000) + 1
    seqs[rng.random(2000) < 0.1] = -1
    applied = np.where(rng.random(2000) < 0.2, NEVER_NS, rng.integers(1, 500, 2000))
    applied = np.where(seqs == -1, NEVER_NS, applied)
    aside = rng.random(2000) < 0.1
    found = Done(keys=keys, seqs=seqs, applied_ns=applied, again_ns=applied, set_aside=aside)

    def plainly(row: int) -> int:
        later = (keys == keys[row]) & (seqs > seqs[row])
        return int(applied[later].min(initial=NEVER_NS)) if seqs[row] != -1 else NEVER_NS

    assert later_ns(found).tolist() == [plainly(row) for row in range(2000)]


def test_nobody_is_fine_as_well() -> None:
    """A part that took nothing."""
    found = done(keys=np.empty(0, dtype=np.int64))

    assert (overtaken(found), unfinished_keys(found, np.zeros(0, dtype=np.bool_))) == (0, 0)


@pytest.mark.parametrize(
    ("applied", "hopeless", "expected"),
    [
        ((10, 20, 0, 40, 0, 60), (), 0),
        ((10, 20, 0, 40, 50, 0), (), 1),  # the last of key 0
        ((10, 20, 0, 0, 50, 0), (), 2),
        ((10, 20, 0, 40, 50, 0), (5,), 0),  # it can never be handled, and the one before was
        ((10, 20, 0, 40, 0, 0), (5,), 1),  # but here it stood for one that could
    ],
)
def test_the_last_of_each_key_was_handled(
    applied: tuple[int, ...], hopeless: tuple[int, ...], expected: int
) -> None:
    flags = NOBODY.copy()
    flags[[*hopeless]] = True

    assert unfinished_keys(done(*applied), flags) == expected


def test_what_was_superseded_is_done_when_its_successor_is() -> None:
    """0 gave way to 2, and that to 4; the latter was handled at 50. 1 had no successor handled."""
    found = done(0, 0, 0, 0, 50, 60, aside=(0, 1, 2))
    never = np.full(6, NOT_YET)
    table = replace(
        driven(np.arange(6), (), 0),
        handled_ns=np.array([NOT_YET, NOT_YET, NOT_YET, NOT_YET, 50, 60]),
        acked_ns=np.array([12, 13, 70, NOT_YET, 51, 61]),
        received_ns=np.arange(6) + 10,
        stored_ns=np.arange(6) + 5,
        sent_ns=never,
    )

    seen = with_successors(table, found)

    assert seen.handled_ns.tolist() == [50, NOT_YET, 50, NOT_YET, 50, 60]
    assert seen.acked_ns.tolist() == [50, 13, 70, NOT_YET, 51, 61]
    assert np.flatnonzero(found.superseded).tolist() == [0, 1, 2]
    late = with_successors(replace(table, received_ns=table.received_ns + 45), found)
    assert late.handled_ns.tolist() == [55, NOT_YET, 57, NOT_YET, 50, 60], "none before it came"


def traffic() -> Traffic:
    load = Stream.model_validate(
        {
            "kind": "stream",
            "payload": {"sizes": "128B"},
            "publish": {"rate": "4/s"},
            "phases": {"warmup": "0s", "measure": "1s", "drain": "1s"},
        }
    )
    return make_traffic(load.loads["publish"], 1)


def record(*rows: tuple[int, int, int, int]) -> ConsumerRecord:
    """Return a record of (id, sequence, handled at, ending) each; received at 1."""
    ids, seqs, handled, ending = (np.array(each) for each in zip(*rows, strict=True))
    return ConsumerRecord(
        ids=ids,
        stream_seqs=seqs,
        deliveries=np.ones_like(ids),
        received_ns=np.ones_like(ids),
        handled_ns=np.where(handled == 0, NEVER, handled),
        acked_ns=np.full_like(ids, NEVER),
        ending=ending,
    )


def test_who_is_handled_again_after_a_later_one_is_overtaken_by_it() -> None:
    """0 gets no ack, and comes again when 1 was handled: that sets the key back to it."""
    unacked = int(Ending.UNACKED)
    before = record((0, 1, 110, unacked), (0, 1, 120, 0), (1, 2, 130, 0))
    behind = record((0, 1, 110, unacked), (1, 2, 130, 0), (0, 1, 140, 0))
    again = record((0, 1, 110, 0), (1, 2, 130, 0), (0, 3, 140, 0))
    known = record((0, 1, 110, unacked), (1, 2, 130, 0), (0, 1, 140, int(Ending.REPEATED)))

    found = [overtaken(done_of((each,), traffic(), 100)) for each in (before, behind)]

    assert found == [0, 1]
    assert overtaken(done_of((again,), traffic(), 100)) == 0, "published again, it stands behind"
    assert overtaken(done_of((known,), traffic(), 100)) == 0, "it was left alone"


def test_who_did_its_work_and_crashed_then_was_handled() -> None:
    """The process of 1 ended itself after its effect: what came of 0 later was overtaken by it."""
    crashed = int(Ending.CRASHED)
    after = record((1, 2, 120, crashed), (0, 1, 130, 0), (1, 2, 140, 0))
    before_its_effect = record((1, 2, 0, crashed), (0, 1, 130, 0), (1, 2, 140, 0))

    found = [overtaken(done_of((each,), traffic(), 100)) for each in (after, before_its_effect)]

    assert found == [1, 0]


def test_what_several_processes_wrote_down_is_one_account() -> None:
    """What was given up has an end and no work; who was set aside and came again was handled."""
    away, gone = int(Ending.SUPERSEDED), int(Ending.TERMINATED)
    first = record((0, 1, 0, away), (1, 2, 120, 0), (2, 3, 130, gone), (-1, 9, 140, 0))
    second = record((0, 1, 150, 0), (1, 2, 110, 0))

    found = done_of((first, second), traffic(), 100)

    assert found.applied_ns[:4].tolist() == [50, 10, NEVER_NS, NEVER_NS]
    assert found.seqs[:4].tolist() == [1, 2, 3, -1]
    assert np.flatnonzero(found.set_aside).tolist() == [0]
    assert not found.superseded.any()
