"""What processes counted by themselves belongs to the part that they counted it for."""

from dataclasses import replace

from bench.engine.jobs import Done
from bench.engine.keep import counted_by
from bench.engine.trial import Outcome
from bench.spec.cast import Part
from tests.parts import cast

HOST = "host_0.consumer"


def part(name: str, role: str) -> Part:
    return replace(cast().part("consume"), name=name, role=role)


def test_of_parts_that_share_a_process_each_has_its_own() -> None:
    """Together over the processes of its role, and over no other role's."""
    one = {"billing": {"fetches": 3}, "audit": {"fetches": 40}}
    other = {"audit": {"fetches": 2, "empty_fetches": 1}}
    done = {
        f"{HOST}-0": Done(counts=one),
        f"{HOST}-1": Done(counts=other),
        "consumer-0": Done(counts={"audit": {"fetches": 500}}),
    }
    outcome = Outcome(done=done)

    assert counted_by(outcome, part("billing", HOST)) == {"fetches": 3}
    assert counted_by(outcome, part("audit", HOST)) == {"fetches": 42, "empty_fetches": 1}


def test_a_part_that_nobody_observes_for_has_what_its_processes_counted_for_others() -> None:
    """A workflow as a whole, or what comes beside a backlog."""
    outcome = Outcome(done={"worker-0": Done(counts={"ship": {"repeats": 4}})})

    assert counted_by(outcome, part("workflow", "worker")) == {"repeats": 4}
    assert counted_by(outcome, part("workflow", "nobody")) == {}
