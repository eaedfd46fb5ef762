"""What the last words of a worker come to."""

from bench.engine.jobs import Done
from bench.engine.trial import _done_findings
from bench.record.schema import Level


def test_a_server_that_says_nothing_is_no_broken_connection() -> None:
    """A broken one explains publishes without an answer; that the server hung is what they show."""
    lost, goodbye = "connection lost", "close: not everything may have arrived: no answer"
    missed = "push: no heartbeat for 3s (2 times)"

    found = _done_findings("consumer-0", Done(faults=(lost, missed, goodbye)))

    assert [(each.code, each.text) for each in found] == [
        ("connection-fault", f"consumer-0: {lost}"),
        ("server-silent", f"consumer-0: {missed}; {goodbye}"),
    ]
    assert {each.level for each in found} == {Level.INVALID}
    assert {each.role for each in found} == {"consumer-0"}
