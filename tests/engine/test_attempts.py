"""How often messages came, and when those that came again were through, by hand."""

import numpy as np
import pytest

from bench.clients.port import NO_ID, Ending
from bench.engine.attempts import attempts, retried, settled_ns
from bench.engine.recorder import NEVER, ConsumerRecord
from bench.engine.table import NOT_YET
from bench.record.schema import MOST_ATTEMPTS

START = 1000
WELL = 0
Row = tuple[int, int, int]
"""Message, when it came after the start, and its ending; it ends 5 later."""


def record(*rows: Row) -> ConsumerRecord:
    ids, came, ending = np.array(rows, dtype=np.int64).reshape(-1, 3).T
    done_ns = START + came + 5
    acked = np.isin(ending, (WELL, Ending.REPEATED))
    given_up = np.isin(ending, (Ending.TERMINATED, Ending.EXHAUSTED))
    return ConsumerRecord(
        ids=ids, stream_seqs=ids + 1, deliveries=np.ones_like(ids), received_ns=START + came,
        handled_ns=np.where(acked | given_up, done_ns, NEVER),
        acked_ns=np.where(acked, done_ns, NEVER), ending=ending,
    )  # fmt: skip


def through(*rows: Row) -> int | None:
    """Return when message 0 was through; None where it was not, or came once."""
    (found,) = settled_ns([record(*rows)], 1, START).tolist()
    return None if found == NOT_YET else found


def test_messages_are_counted_by_how_often_they_came_to_anybody() -> None:
    """Message 0 came to both, 1 once, 2 never; what has another id is none of them."""
    first = record((0, 1, Ending.NAKED), (1, 2, WELL), (NO_ID, 3, WELL))
    second = record((0, 4, Ending.NAKED), (0, 9, WELL), (7, 9, WELL))

    assert attempts([first, second], 3) == {1: 1, 3: 1}
    assert attempts([], 3) == {}


def test_what_came_very_often_is_counted_together() -> None:
    storm = record(*[(0, at, Ending.NAKED) for at in range(MOST_ATTEMPTS + 4)])
    seldom = record(*[(1, at, Ending.NAKED) for at in range(MOST_ATTEMPTS - 1)])

    assert attempts([storm, seldom], 2) == {MOST_ATTEMPTS - 1: 1, MOST_ATTEMPTS: 1}


@pytest.mark.parametrize(
    ("rows", "when"),
    [
        ([(0, 10, Ending.NAKED), (0, 30, WELL)], 35),
        ([(0, 10, Ending.NAKED), (0, 30, Ending.TERMINATED)], 35),
        ([(0, 10, Ending.SILENT), (0, 30, Ending.EXHAUSTED)], 35),
        ([(0, 10, WELL), (0, 30, Ending.REPEATED)], 35),  # its first ack did not arrive
        ([(0, 30, WELL), (0, 10, Ending.NAKED)], 35),  # in whatever order it stands
        ([(0, 10, WELL)], None),  # once: it was never tried again
        ([(0, 10, Ending.TERMINATED)], None),
        ([(0, 10, Ending.NAKED), (0, 30, Ending.NAKED)], None),  # to come again
        ([(0, 10, WELL), (0, 30, Ending.SILENT)], None),  # likewise, whatever was said before
        ([], None),
    ],
)
def test_what_came_again_is_through_at_its_last_end(rows: list[Row], when: int | None) -> None:
    """From the trial's start; what is not at an end has none."""
    assert through(*rows) == when


def test_an_end_that_another_process_saw_counts() -> None:
    """It failed in one, and was handled by the other."""
    both = [record((0, 10, Ending.NAKED)), record((0, 40, WELL))]

    assert settled_ns(both, 1, START).tolist() == [45]


def test_what_came_again_is_known_whether_it_was_settled_or_not() -> None:
    first, second = record((0, 1, Ending.NAKED), (1, 2, WELL)), record((0, 4, Ending.NAKED))

    assert retried([first, second], 3).tolist() == [True, False, False]
