"""What must always hold: one broken trial breaks it, and one that cannot tell leaves it untried."""

from dataclasses import replace

import pytest

from bench.analysis.figures import LagVerdict, TrialFigures
from bench.core.marks import State
from bench.judgement.checked import checks_of
from tests.gate import several
from tests.gate.several import lag

STABLE = lag(LagVerdict.STABLE)


def trial(block: int, lost: int) -> TrialFigures:
    """A trial in which so many messages were lost of the consumer that audits."""
    plain = several.trial(block, {"billing": STABLE, "audit": STABLE})
    ledger = {**(plain.record.ledger or {}), "audit.lost": lost}
    return replace(plain, record=replace(plain.record, ledger=ledger))


@pytest.mark.parametrize(
    ("lost", "state", "broken"),
    [
        ((0, 0, 0), State.HOLDS, 0),
        ((0, 3, 0), State.FAILS, 3),
        ((0, -1, 0), State.UNKNOWN, 0),
        ((2, -1, 0), State.FAILS, 2),
    ],
)
def test_a_check_is_as_good_as_its_worst_trial(
    lost: tuple[int, ...], state: State, broken: int
) -> None:
    """Unknown is no proof, and one that broke is one."""
    cell = several.with_trials([trial(block, each) for block, each in enumerate(lost, 1)])
    found = {check.name: check for check in checks_of([cell])}
    audit = found["Whatever was stored was delivered, or is still held for delivery (audit)"]
    billing = found["Whatever was stored was delivered, or is still held for delivery (billing)"]

    assert (audit.state, audit.broken) == (state, broken)
    assert billing.state is State.HOLDS
    assert ("trial" in audit.first) is (state is State.FAILS)
    assert bool(audit.reason) is (-1 in lost)


def test_without_a_trial_that_counts_nothing_was_tried() -> None:
    """Silence is no proof."""
    cell = several.with_trials([])

    assert {check.state for check in checks_of([cell])} == {State.UNKNOWN}
