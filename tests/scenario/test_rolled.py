"""What was replaced before it came, apart from what was lost, by hand."""

import numpy as np
import pytest

from bench.engine.table import NOT_YET, MessageTable, driven
from bench.scenario.rolled import rolled_up

SUBJECTS = np.array([0, 1, 0, 1, 0])
"""Message i is sent at 10 i and confirmed 1 later."""


def table(received: dict[int, int], unconfirmed: tuple[int, ...] = ()) -> MessageTable:
    sent_ns = np.arange(5) * 10
    received_ns = np.full(5, NOT_YET)
    received_ns[[*received]] = [*received.values()]
    stored_ns = sent_ns + 1
    stored_ns[[*unconfirmed]] = NOT_YET
    found = driven(sent_ns, (), 0)
    return MessageTable(
        **{name: getattr(found, name) for name in ("intended_ns", "handled_ns", "acked_ns")},
        sent_ns=sent_ns, stored_ns=stored_ns, received_ns=received_ns,
        outcome=np.zeros(5, dtype=np.int64),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("received", "gone"),
    [
        ({3: 60, 4: 61}, [0, 1, 2]),  # who came back late finds the last of each subject
        ({0: 5, 1: 15, 2: 25, 3: 35, 4: 45}, []),  # who keeps up sees all
        ({1: 12, 2: 60, 3: 61, 4: 62}, []),  # 0 was there until 20, and 1 came before: it is lost
        ({}, [0, 1, 2]),  # nobody looked; 3 and 4 are there still, or lost
    ],
)
def test_what_a_later_one_of_its_subject_replaced(
    received: dict[int, int], gone: list[int]
) -> None:
    assert np.flatnonzero(rolled_up(table(received), SUBJECTS)).tolist() == gone


def test_what_was_not_confirmed_replaces_nothing() -> None:
    """Whether 4 was stored nobody knows: then 2 may be lost as well."""
    found = rolled_up(table({3: 60}, unconfirmed=(4,)), SUBJECTS)

    assert np.flatnonzero(found).tolist() == [0, 1]
