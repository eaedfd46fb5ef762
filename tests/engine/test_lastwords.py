"""What the last words of a worker come to."""

import pytest

from bench.engine.jobs import Done
from bench.engine.lastwords import done_findings
from bench.record.schema import Level


def test_a_server_that_says_nothing_is_no_broken_connection() -> None:
    """A broken one explains publishes without an answer; that the server hung is what they show."""
    lost, goodbye = "connection lost", "close: not everything may have arrived: no answer"
    missed = "push: no heartbeat for 3s (2 times)"

    found = done_findings("consumer-0", Done(faults=(lost, missed, goodbye)))

    assert [(each.code, each.text) for each in found] == [
        ("connection-fault", f"consumer-0: {lost}"),
        ("server-silent", f"consumer-0: {missed}; {goodbye}"),
    ]
    assert {each.level for each in found} == {Level.INVALID}
    assert {each.role for each in found} == {"consumer-0"}


@pytest.mark.parametrize(
    "fault",
    [
        "server error: 'Permissions Violation for Publish to \"jetbench.1.s.x\"' (7 times)",  # wire
        'Permissions Violation for Publish to "jetbench.1.s.x" (7 times)',  # nats-py
    ],
)
def test_what_the_server_does_not_allow_is_no_broken_connection(fault: str) -> None:
    """It excused what was never confirmed, and a reader saw no more than that no answer came."""
    (found,) = done_findings("publisher-0", Done(faults=(fault,)))

    assert (found.code, found.level, found.role) == ("forbidden", Level.INVALID, "publisher-0")
    assert 'Permissions Violation for Publish to "jetbench.1.s.x"' in found.text
