"""What must always hold: one broken trial breaks it, and one that cannot tell leaves it untried."""

from dataclasses import replace

import pytest

from bench.analysis.figures import CellFigures, LagVerdict, TrialFigures
from bench.core.marks import State
from bench.judgement.checked import checks_of
from bench.spec.cast import entries
from bench.spec.kinds.fanout import Fanout
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


def many(count: int, **lost: int) -> CellFigures:
    """A cell of so many consumers, of which some lost messages."""
    load = Fanout.model_validate(
        {
            "kind": "fanout",
            "payload": {"sizes": "128B"},
            "publish": {"rate": "100/s"},
            "consumers": {"reader_{n}": {"count": count}},
        }
    )
    made = replace(several.cell(), workload=load)
    sound = several.trial(1)
    ledger = dict.fromkeys(entries(made.cast), 0)
    ledger |= {f"{part}.lost": msgs for part, msgs in lost.items()}
    record = replace(sound.record, cast=made.cast, ledger=ledger)
    return replace(several.with_trials([replace(sound, record=record)]), cell=made)


@pytest.mark.parametrize(
    ("lost", "state", "broken", "first"),
    [
        ({}, State.HOLDS, 0, ""),
        ({"reader_7": 2, "reader_11": 3}, State.FAILS, 5, "reader_7, "),
        ({"reader_7": -1}, State.UNKNOWN, 0, ""),
        ({"reader_3": -1, "reader_7": 2}, State.FAILS, 2, "reader_7, "),
    ],
)
def test_a_check_of_many_parts_is_one_line_as_bad_as_the_worst(
    lost: dict[str, int], state: State, broken: int, first: str
) -> None:
    """And names the first part that breaks it."""
    found = checks_of([many(12, **lost)])

    (check,) = (each for each in found if each.name.endswith("held for delivery (12 parts)"))
    assert (check.state, check.broken) == (state, broken)
    assert check.first.startswith(first)
    assert len(checks_of([many(8)])) == 8 * len(found)
