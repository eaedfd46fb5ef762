"""How deliveries end, by what is wrong with them and what is done about it."""

import numpy as np
import pytest

from bench.clients.port import Ending
from bench.engine.fates import WELL, Fates
from bench.engine.memory import Memory
from bench.plan.faults import Faults
from bench.spec.faults import FailureSettings, Fault

KINDS = (
    Fault.model_validate({"kind": "transient", "share": "1%", "times": 2}),
    Fault.model_validate({"kind": "permanent", "share": "1%"}),
    Fault.model_validate({"kind": "silent", "share": "1%"}),
)
SOUND, TRANSIENT, PERMANENT, SILENT = range(4)


def fates(
    failure: dict[str, object] | None = None,
    max_deliver: int | None = None,
    answers: bool = True,
    memory: Memory | None = None,
) -> Fates:
    return Fates(
        faults=Faults(kinds=KINDS, index=np.arange(4)),
        failure=FailureSettings.model_validate(failure or {}),
        max_deliver=max_deliver,
        answers=answers,
        memory=memory,
    )


def ending(of: Fates, message: int, delivery: int, position: int = 0) -> int:
    columns = (np.array([number]) for number in (position, message, delivery))
    return int(of.end(*columns)[0])


def test_what_is_sound_ends_well() -> None:
    assert ending(fates(), SOUND, 1) == WELL
    assert ending(fates(), TRANSIENT, 3) == WELL
    assert ending(fates(), SILENT, 2) == WELL


@pytest.mark.parametrize(
    ("answer", "ends"),
    [("nak", Ending.NAKED), ("term", Ending.TERMINATED), ("none", Ending.SILENT)],
)
def test_a_failure_is_answered_as_the_settings_say(answer: str, ends: Ending) -> None:
    assert ending(fates({"answer": answer}), TRANSIENT, 1) == ends
    assert ending(fates({"answer": answer}), PERMANENT, 9) == ends


def test_the_last_attempt_gives_up_and_none_before_it() -> None:
    """`attempts: 5` is the fifth delivery."""
    five = fates({"attempts": 5})

    assert ending(five, PERMANENT, 4) == Ending.NAKED
    assert ending(five, PERMANENT, 5) == Ending.TERMINATED


def test_the_servers_last_delivery_exhausts_a_message_that_nobody_gave_up() -> None:
    assert ending(fates(max_deliver=3), PERMANENT, 2) == Ending.NAKED
    assert ending(fates(max_deliver=3), PERMANENT, 3) == Ending.EXHAUSTED
    assert ending(fates({"attempts": 3}, max_deliver=3), PERMANENT, 3) == Ending.TERMINATED
    assert ending(fates({"answer": "term"}, max_deliver=1), PERMANENT, 1) == Ending.TERMINATED


def test_who_acknowledged_before_the_handler_fails_too_late() -> None:
    """And what is silent there was acknowledged all the same."""
    early = fates(answers=False)

    assert ending(early, TRANSIENT, 1) == Ending.TOO_LATE
    assert ending(early, SILENT, 1) == WELL


def test_a_handled_message_that_is_not_acknowledged_is_told_apart() -> None:
    assert ending(fates(), SILENT, 1) == Ending.UNACKED


def test_a_process_that_remembers_does_nothing_for_what_it_has_handled() -> None:
    """The second delivery of a silent message is acknowledged, and has no effect."""
    remembering = fates(memory=Memory())
    silent = np.array([SILENT])

    assert remembering.begin(np.array([0]), silent).tolist() == [True]
    assert ending(remembering, SILENT, 1, position=0) == Ending.UNACKED
    assert remembering.begin(np.array([1]), silent).tolist() == [False]
    assert ending(remembering, SILENT, 2, position=1) == Ending.REPEATED


def test_what_comes_again_while_it_is_in_hand_is_left_to_that() -> None:
    """An acknowledgement of the second one would be one of a message that may yet fail."""
    remembering = fates(memory=Memory())

    came = remembering.begin(np.array([0, 1]), np.array([SOUND, SOUND]))

    assert came.tolist() == [True, False]
    assert ending(remembering, SOUND, 2, position=1) == Ending.IN_HAND
    assert ending(remembering, SOUND, 1, position=0) == WELL


def test_what_failed_may_be_handled_again_by_a_process_that_remembers() -> None:
    remembering = fates(memory=Memory())
    transient = np.array([TRANSIENT])

    for position, delivery in enumerate((1, 2)):
        assert remembering.begin(np.array([position]), transient).all()
        assert ending(remembering, TRANSIENT, delivery, position) == Ending.NAKED
    assert remembering.begin(np.array([2]), transient).all()
    assert ending(remembering, TRANSIENT, 3, position=2) == WELL
