"""A step that was set back: what came again by its records, and what was done twice."""

from collections.abc import Sequence

import numpy as np
import pytest

from bench.engine.audit import Evidence
from bench.engine.losses import UNKNOWN
from bench.engine.recorder import NEVER, ConsumerRecord
from bench.engine.setting_back import WasSetBack
from bench.engine.table import NOT_YET, driven, seen_by
from bench.scenario.reset_audit import again_ns, replayed

START = 1_000
AT = 500
DONE = WasSetBack(part="charge", at_ns=AT, first_seq=3, last_seq=6)

Row = tuple[int, int, int]
"""Stream sequence, received, handled (0 for never), from the trial's start."""


def record(*rows: Row) -> ConsumerRecord:
    """The workflow of a message is its sequence less one."""
    seqs, came, handled = (np.array(column) for column in zip(*rows, strict=True))
    handled_ns = np.where(handled, START + handled, NEVER)
    return ConsumerRecord(
        ids=seqs - 1,
        stream_seqs=seqs,
        deliveries=np.ones_like(seqs),
        received_ns=START + came,
        handled_ns=handled_ns,
        acked_ns=handled_ns,
        ending=np.zeros_like(seqs),
    )


BEFORE: Sequence[Row] = [(seq, seq * 10, seq * 10 + 5) for seq in (1, 3, 5, 6)]
SOUND = record(*BEFORE, (3, 600, 610), (5, 620, 630), (6, 640, 650), (8, 660, 670))


def evidence(
    records: list[ConsumerRecord], repeats: int | None = 3, done: WasSetBack | None = DONE
) -> Evidence:
    flow = driven(np.zeros(10, dtype=np.int64), [], START)
    return Evidence(
        tables={"charge": seen_by(flow, records, START)},
        drivers={},
        observers={"charge": records},
        held=None,
        start_ns=START,
        counts={} if repeats is None else {"charge": {"repeats": repeats}},
        set_back=done,
    )


def test_what_the_step_had_comes_again_from_where_it_was_set_back_to() -> None:
    """Sequences 3, 5 and 6 of it: 1 lies before, 8 came for the first time."""
    found = replayed(evidence([SOUND]), "charge")

    assert found.counts == {"no_ops": 3, "left_behind": 0, "redone": 0}
    assert found.table.intended_ns.tolist() == [AT] * 3
    assert found.table.received_ns.tolist() == [600, 620, 640]
    assert found.table.handled_ns.tolist() == [610, 630, 650]


def test_the_processes_of_a_step_share_what_comes_again() -> None:
    """Another one may get it."""
    records = [record(*BEFORE, (6, 640, 650)), record((3, 600, 610), (5, 620, 630))]

    assert replayed(evidence(records), "charge").counts["left_behind"] == 0


@pytest.mark.parametrize(
    ("again", "left"),
    [
        ([(3, 600, 610), (5, 620, 630)], 1),  # 6 did not come again
        ([(3, 600, 610), (5, 620, 0), (6, 640, 650)], 1),  # 5 came and was not handled
        ([], 3),
    ],
)
def test_what_is_not_handled_again_is_left_behind(again: list[Row], left: int) -> None:
    """Whether it came or not."""
    found = replayed(evidence([record(*BEFORE, *again)], repeats=3 - left), "charge")

    assert found.counts["left_behind"] == left
    assert np.count_nonzero(found.table.handled_ns != NOT_YET) == 3 - left


def test_what_was_on_its_way_when_it_was_set_back_came_for_the_first_time() -> None:
    """It arrives after that instant, and once more."""
    late = record((3, AT + 1, AT + 2), (3, 600, 610), (5, AT + 1, AT + 2))

    assert again_ns([late], DONE, START).tolist() == [
        [600, NOT_YET],
        [610, NOT_YET],
        [610, NOT_YET],
    ]


@pytest.mark.parametrize(
    ("repeats", "counts"), [(3, (3, 0)), (2, (2, 1)), (0, (0, 3)), (None, (UNKNOWN, UNKNOWN))]
)
def test_what_was_worked_for_once_more_is_no_repeat(
    repeats: int | None, counts: tuple[int, int]
) -> None:
    """Three were handled again: what their workers did not find done they did."""
    found = replayed(evidence([SOUND], repeats), "charge").counts

    assert (found["no_ops"], found["redone"]) == counts


def test_where_nothing_was_set_back_nobody_can_tell() -> None:
    """The trial broke off before."""
    found = replayed(evidence([SOUND], done=None), "charge")

    assert set(found.counts.values()) == {UNKNOWN}
    assert found.table.intended_ns.size == 0
