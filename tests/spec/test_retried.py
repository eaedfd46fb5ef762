"""Where the time spent retrying is told: of parts that may fail at messages, and acknowledge."""

import pytest

from bench.spec.cast import Cast
from bench.spec.kinds.stream import Stream, cast_of
from bench.spec.retried import RECKONED, RETRIED, RETRYING, SETTLED, without_retrying
from bench.spec.variant import Settings
from bench.spec.waiting import noted
from tests.server.running import workload

FAULTS = {"faults": [{"kind": "transient", "share": "5%"}]}


def made(load: Stream, **settings: object) -> Cast:
    return cast_of(Settings.model_validate(settings), load)


def tells(cast: Cast) -> bool:
    return RETRYING in {span.name for span in cast.part("consume").spans}


@pytest.mark.parametrize(
    ("consume", "settings", "told"),
    [
        (FAULTS, {}, True),
        ({}, {}, False),
        ({}, {"failure": {"dead_letters": True}}, True),
        (FAULTS, {"ack": {"timing": "none"}, "consumer": {"ack_policy": "none"}}, False),
    ],
)
def test_who_fails_and_acknowledges_tells_it(
    consume: dict[str, object], settings: dict[str, object], told: bool
) -> None:
    """Without acks nothing comes again."""
    assert tells(made(workload(consume=consume), **settings)) is told


def test_it_begins_when_a_message_came_and_ends_when_it_was_through() -> None:
    """With a handler's begin among the instants, too; neither of both is noted by a process."""
    cast = made(workload(consume={**FAULTS, "handler": {"time": "1ms"}}))
    part = cast.part("consume")
    (span,) = (each for each in part.spans if each.name == RETRYING)

    assert (span.begin, span.end, span.due) == ("received", SETTLED, RETRIED)
    assert [each.name for each in noted(part)] == ["received", "handled", "acked"]
    assert "begun" in {each.name for each in part.instants}


def test_a_cast_of_before_lacks_nothing_else() -> None:
    """Records of then are read."""
    cast = made(workload(consume=FAULTS))
    gone = without_retrying(cast)

    assert not tells(gone)
    (part, before) = (each.part("consume") for each in (cast, gone))
    assert {e.name for e in part.entries} - {e.name for e in before.entries} == {*RECKONED}
    assert without_retrying(gone) == gone
