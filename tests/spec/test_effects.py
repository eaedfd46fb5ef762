"""How many effects a message has at which a consumer crashed: every pair of step and strategy."""

import pytest

from bench.spec.effects import CRASH_POINTS, CrashPoint, Fate, Idempotency, effects_expected

TABLE: dict[Idempotency, tuple[int, int, int, int]] = {
    "none": (1, 2, 2, 2),
    "overwrite": (1, 1, 1, 1),
    "sequence-guard": (1, 2, 1, 1),
    "marker-first": (1, 1, 0, 1),
    "marker-last": (1, 2, 1, 1),
    "marker-in-value": (1, 1, 1, 1),
    "memory": (1, 2, 2, 2),
}
"""By strategy, at the steps in the order of CRASH_POINTS, of what comes again once."""


@pytest.mark.parametrize("idempotency", TABLE)
def test_what_comes_again_has_the_effects_of_its_step_and_strategy(
    idempotency: Idempotency,
) -> None:
    found = tuple(effects_expected(idempotency, Fate(at=at, again=True)) for at in CRASH_POINTS)

    assert found == TABLE[idempotency]


@pytest.mark.parametrize("idempotency", TABLE)
def test_what_never_comes_again_has_what_was_made_until_then(idempotency: Idempotency) -> None:
    """Acknowledged before its handler: a claim without an effect is all that there will be."""
    found = {at: effects_expected(idempotency, Fate(at=at, again=False)) for at in CRASH_POINTS}

    claimed = 0 if idempotency == "marker-first" else 1
    assert found == {
        "after-receive": 0,
        "after-effect": 1,
        "after-marker": claimed,
        "before-ack": 1,
    }


@pytest.mark.parametrize(("at", "effects"), [("after-marker", 1), ("after-effect", 2)])
def test_a_claim_whose_time_is_over_keeps_nothing(at: CrashPoint, effects: int) -> None:
    """The effect that it had kept from being made is made, and the other one again."""
    forgotten = Fate(at=at, again=True, forgotten=True)

    assert effects_expected("marker-first", forgotten) == effects
    assert effects_expected("marker-last", forgotten) == 2
    assert effects_expected("marker-in-value", forgotten) == 1, "it lives as long as the value"


@pytest.mark.parametrize(("at", "effects"), [("after-receive", 0), ("after-effect", 1)])
def test_a_guard_that_a_later_message_has_moved_takes_an_earlier_one_for_old(
    at: CrashPoint, effects: int
) -> None:
    overtaken = Fate(at=at, again=True, overtaken=True)

    assert effects_expected("sequence-guard", overtaken) == effects
    assert effects_expected("none", overtaken) == effects + 1, "nobody asks for an order there"
