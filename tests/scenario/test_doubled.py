"""What a stream made of messages that were published twice, by tables of known truth."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from bench.clients.port import IntArray, Outcome
from bench.engine.table import NOT_YET, MessageTable
from bench.plan.traffic import PUBLISHES, Traffic, make_traffic
from bench.scenario.doubled import counted
from bench.spec.doubled import LATE_NS
from bench.spec.keys import Act
from bench.spec.kinds.stream import Stream

FIRST, AGAIN, ONCE_MORE, OTHER = range(4)
WINDOW_NS = 1000
TOOK_NS = 10


def plan() -> Traffic:
    """Four messages: two of them say the first one again."""
    load = Stream.model_validate(
        {
            "kind": "stream",
            "payload": {"sizes": "128B"},
            "publish": {"rate": "4/s"},
            "phases": {"warmup": "0s", "measure": "1s", "drain": "1s"},
        }
    )
    acts = (PUBLISHES, Act(name="duplicate", share=0.5, again=True))
    traffic = make_traffic(load.loads["publish"], 1)
    return replace(traffic, acts=acts, act_index=np.array([0, 1, 1, 0]))


def table(sent_ns: list[int], refused: list[int], silent: tuple[int, ...] = ()) -> MessageTable:
    """Each answered 10 ns after it was sent: stored, or refused as a duplicate."""
    sent = np.array(sent_ns, dtype=np.int64)
    outcome = np.zeros(sent.size, dtype=np.int64)
    outcome[refused] = Outcome.DUPLICATE
    stored = np.where(outcome != 0, NOT_YET, sent + TOOK_NS)
    stored[list(silent)] = NOT_YET
    nothing: IntArray = np.full(sent.size, NOT_YET)
    return MessageTable(
        intended_ns=sent, sent_ns=sent, stored_ns=stored, received_ns=nothing,
        handled_ns=nothing, acked_ns=nothing, outcome=outcome,
    )  # fmt: skip


def found(*given: Any, **keys: Any) -> dict[str, int]:
    counts = counted(plan(), table(*given, **keys), WINDOW_NS)
    return {name: count for name, count in counts.items() if count and name != "published_again"}


def test_the_plan_is_what_it_is_said_to_be() -> None:
    assert plan().carried.tolist() == [FIRST, FIRST, FIRST, OTHER]
    assert counted(plan(), table([0, 1, 2, 3], []), WINDOW_NS)["published_again"] == 2


def test_what_comes_again_within_the_window_is_refused_and_no_fault() -> None:
    assert found([0, 5, 900, 901], [AGAIN, ONCE_MORE]) == {"duplicate": 2}


def test_what_is_stored_again_within_the_window_was_let_in() -> None:
    """The third one answers to the second, which is in the stream as well."""
    assert found([0, 5, 2000, 2001], [ONCE_MORE]) == {
        "duplicate": 1, "stored_again": 1, "let_in": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("gap_ns", "let_in"),
    [(WINDOW_NS - TOOK_NS - 1, 1), (WINDOW_NS - TOOK_NS, 0), (WINDOW_NS + 1, 0)],
)
def test_what_may_have_come_after_the_window_was_not_let_in(gap_ns: int, let_in: int) -> None:
    """Its answer is 10 ns after it; between the two the server read it."""
    assert found([0, gap_ns, gap_ns + 5, gap_ns + 6], [ONCE_MORE]).get("let_in", 0) == let_in


def test_what_is_refused_when_the_window_is_long_over_was_shut_out() -> None:
    """It is counted from the last one that was stored: the server knows ids by that."""
    late_ns = TOOK_NS + WINDOW_NS + LATE_NS
    after = [0, late_ns + 1, 2 * late_ns, 2 * late_ns]

    assert found(after, [AGAIN]) == {"duplicate": 1, "stored_again": 1, "shut_out": 1}
    assert found([0, late_ns, late_ns + 1, late_ns], [AGAIN, ONCE_MORE])["shut_out"] == 1
    assert found([0, late_ns + 1, late_ns + 2, late_ns], [ONCE_MORE]) == {
        "duplicate": 1, "stored_again": 1,
    }  # fmt: skip


def test_a_repeat_of_what_has_no_answer_stands_for_it() -> None:
    """Stored or refused as one that is there: neither says anything against the window."""
    assert found([0, 5, 2000, 2001], [ONCE_MORE], silent=(FIRST,)) == {"duplicate": 1}


def test_a_first_message_that_is_called_a_duplicate_is_refused() -> None:
    assert found([0, 5, 6, 7], [AGAIN, ONCE_MORE, OTHER]) == {"duplicate": 2, "refused": 1}
