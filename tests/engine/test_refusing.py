"""Effects that a bucket refuses, over a store in memory that refuses as a server does."""

import pytest

from bench.clients.deeds import Answer, Put, Step
from bench.engine.refusing import REFUSED, until_refused
from bench.engine.strategies import STRATEGIES
from bench.spec.effects import Idempotency
from tests.engine.test_strategies import MESSAGE, Store, handled

EFFECT = f"effect.{MESSAGE}"


def carried_out(store: Store, idempotency: Idempotency, *, succeeds: bool = True) -> object:
    """What a deed returns whose effect is to be refused."""
    doing = until_refused(STRATEGIES[idempotency](handled(succeeds=succeeds)), EFFECT)
    answer: Answer = None
    while True:
        try:
            step = doing.send(answer)
        except StopIteration as end:
            return end.value
        answer = store.answer(step)


@pytest.mark.parametrize("idempotency", STRATEGIES)
def test_no_strategy_has_an_effect_that_is_refused(idempotency: Idempotency) -> None:
    """Nor a marker that comes behind it."""
    store = Store()

    assert carried_out(store, idempotency) is REFUSED
    assert store.effects() == 0
    assert [each for each in store.values if not each.startswith("marker")] == []
    assert bool(store.values) == (idempotency == "marker-first")


@pytest.mark.parametrize("idempotency", STRATEGIES)
def test_what_comes_again_has_its_effect_unless_it_was_claimed(idempotency: Idempotency) -> None:
    store = Store()
    carried_out(store, idempotency)

    store.carry_out(STRATEGIES[idempotency](handled()))

    assert store.effects() == (0 if idempotency == "marker-first" else 1)


def test_a_handler_that_fails_comes_to_no_write() -> None:
    assert carried_out(Store(), "none", succeeds=False) is False


def test_what_is_known_comes_to_no_write_either() -> None:
    store = Store()
    store.carry_out(STRATEGIES["marker-last"](handled()))

    assert carried_out(store, "marker-last") is True
    assert store.effects() == 1


class Careless(Store):
    """A server that looks at no revision."""

    def answer(self, step: Step) -> Answer:
        return True if isinstance(step, Put) else super().answer(step)


def test_a_server_that_takes_the_write_is_not_said_to_have_refused_it() -> None:
    """The effect is made then; that it was to be refused is seen afterwards."""
    assert carried_out(Careless(), "none") is False
