"""Deeds over a store in memory: what each leaves there, also where it is broken off in between."""

import pytest

from bench.clients.buckets import Value
from bench.clients.deeds import Answer, Get, Pause, Put, Step
from bench.core.units import NS_PER_MS
from bench.engine.strategies import KNOWN, STRATEGIES, Doing, Handled
from bench.spec.effects import (
    CRASH_POINTS,
    MARKING,
    UNMARKED,
    CrashPoint,
    Fate,
    Idempotency,
    effects_expected,
)

MESSAGE = 7


class CrashedError(Exception):
    """The process is gone."""


class Store:
    """A bucket, and who carries deeds out on it."""

    def __init__(self) -> None:
        self.values: dict[str, Value] = {}
        self.seq = 0
        self.worked_ns = 0
        self.lifetimes: list[int] = []

    def carry_out(self, doing: Doing) -> bool:
        """Return whether its effect was known."""
        answer: Answer = None
        while True:
            try:
                step = doing.send(answer)
            except StopIteration as end:
                return bool(end.value)
            answer = self.answer(step)

    def answer(self, step: Step) -> Answer:
        match step:
            case Get():
                return self.values.get(step.subject, Value(gone=True))
            case Put():
                return self._put(step)
            case Pause():
                self.worked_ns += step.for_ns
                return None

    def _put(self, put: Put) -> bool:
        there = self.values.get(put.subject, Value(gone=True))
        if put.expect is not None and put.expect != there.seq:
            return False
        self.seq += 1
        self.values[put.subject] = Value(seq=self.seq, data=put.payload)
        self.lifetimes += [put.ttl_s] if put.ttl_s else []
        return True

    def effects(self, message: int = MESSAGE) -> int:
        return self.values.get(f"effect.{message}", Value(gone=True)).count


def handled(
    *,
    crashes: CrashPoint | None = None,
    succeeds: bool = True,
    message: int = MESSAGE,
    ttl_s: int = 0,
) -> Handled:
    """A message of key 1 that is the one after its number in the stream."""

    def reached(point: CrashPoint) -> None:
        if point == crashes:
            raise CrashedError

    return Handled(
        message_id=message,
        seq=message + 1,
        effect=f"effect.{message}",
        marker=f"marker.{message}",
        guard="guard.1",
        ttl_s=ttl_s,
        work_ns=lambda: NS_PER_MS,
        succeeds=lambda: succeeds,
        reached=reached,
    )


PAIRS = [
    (strategy, at)
    for strategy in STRATEGIES
    for at in CRASH_POINTS
    if at in ("after-effect", "after-marker")
    and not (at == "after-marker" and strategy in UNMARKED)
]


@pytest.mark.parametrize(("strategy", "at"), PAIRS)
def test_a_deed_that_is_broken_off_and_done_again_leaves_what_the_table_says(
    strategy: Idempotency, at: CrashPoint
) -> None:
    """The steps in between; where nothing is done yet, or all of it, no deed is broken off."""
    store, strategies = Store(), STRATEGIES[strategy]

    with pytest.raises(CrashedError):
        store.carry_out(strategies(handled(crashes=at)))
    until_then = store.effects()
    store.carry_out(strategies(handled()))

    assert until_then == effects_expected(strategy, Fate(at=at, again=False))
    assert store.effects() == effects_expected(strategy, Fate(at=at, again=True))


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_what_comes_again_after_all_was_done_has_the_effects_of_a_crash_before_the_ack(
    strategy: Idempotency,
) -> None:
    store, before_ack = Store(), Fate(at="before-ack", again=True)

    for _ in range(2):
        store.carry_out(STRATEGIES[strategy](handled()))

    assert store.effects() == effects_expected(strategy, before_ack)


@pytest.mark.parametrize("strategy", ["sequence-guard", *MARKING, "marker-in-value"])
def test_what_is_known_takes_no_time(strategy: Idempotency) -> None:
    store = Store()

    knew = [store.carry_out(STRATEGIES[strategy](handled())) for _ in range(2)]

    assert knew == [not KNOWN, KNOWN]
    assert store.worked_ns == NS_PER_MS


def test_a_guard_takes_what_comes_late_for_old_and_other_strategies_do_not() -> None:
    for strategy, effects in (("sequence-guard", 0), ("marker-last", 1), ("none", 1)):
        store = Store()
        for message in (8, 7):
            store.carry_out(STRATEGIES[strategy](handled(message=message)))  # type: ignore[index]
        assert (store.effects(8), store.effects(7)) == (1, effects)


def test_a_handler_that_fails_has_no_effect_and_leaves_a_claim_alone() -> None:
    """Who claims first has the marker behind it when the handler fails, and is known for done."""
    for strategy, act in STRATEGIES.items():
        store = Store()
        store.carry_out(act(handled(succeeds=False)))
        assert store.effects() == 0
        store.carry_out(act(handled()))
        assert store.effects() == (0 if strategy == "marker-first" else 1)


def test_two_at_the_same_time_are_kept_apart_by_a_claim_and_by_a_mark_in_the_value() -> None:
    """Both have read before either wrote: a marker behind the effect comes too late."""
    for strategy, effects in (
        ("marker-first", 1),
        ("marker-in-value", 1),
        ("marker-last", 2),
        ("none", 2),
    ):
        store = Store()
        first, second = (STRATEGIES[strategy](handled()) for _ in range(2))  # type: ignore[index]
        asked = [(doing, next(doing)) for doing in (first, second)]
        answers = [(doing, store.answer(step)) for doing, step in asked]
        for doing, answer in answers:
            _resume(store, doing, answer)
        assert store.effects() == effects, strategy


def _resume(store: Store, doing: Doing, answer: Answer) -> None:
    try:
        step = doing.send(answer)
    except StopIteration:
        return
    _resume(store, doing, store.answer(step))


@pytest.mark.parametrize("strategy", MARKING)
def test_a_marker_lives_as_long_as_is_said(strategy: Idempotency) -> None:
    store = Store()

    store.carry_out(STRATEGIES[strategy](handled(ttl_s=3)))

    assert store.lifetimes == [3]
