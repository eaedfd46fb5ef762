"""Loads of more messages than a trial keeps rows of: which are taken, what is said of others."""

from typing import Any

import pytest
from pydantic import ValidationError

from bench.spec.base import MisfitError
from bench.spec.kinds.registry import objections
from bench.spec.kinds.stream import Stream
from bench.spec.soaks import is_soak
from bench.spec.variant import Settings

DAY: dict[str, Any] = {
    "kind": "stream",
    "payload": {"sizes": "128B"},
    "publish": {"rate": "20000/s"},
    "phases": {"warmup": "30s", "measure": "24h", "drain": "60s"},
}


def _load(**other: Any) -> Stream:
    return Stream.model_validate({**DAY, **other})


def _said(settings: dict[str, Any], load: Stream | None = None) -> dict[str, str]:
    found = objections(Settings.model_validate(settings), load or _load())
    return {each.key: each.allowed for each in found}


def test_a_day_is_a_soak_and_nothing_is_said_against_it() -> None:
    load = _load()
    assert load.messages == 20_000 * (24 * 3600 + 30)
    assert is_soak(load)
    assert not _said({})
    assert not _said({"stream": {"retention": "workqueue"}, "consumer": {"mode": "push"}})


@pytest.mark.parametrize(
    ("settings", "key", "allowed"),
    [
        ({"client": "nats-py"}, "client", "wire"),
        ({"publish": {"mode": "fast"}}, "publish.mode", "async or one-by-one"),
        ({"handler": {"run": "task"}, "client": "nats-py"}, "handler.run", "virtual"),
        ({"handler": {"per_key": "in-order"}}, "handler.per_key", "none"),
        ({"consumer": {"max_deliver": 3}}, "consumer.max_deliver", "left out"),
        ({"effect": {"idempotency": "memory"}}, "effect.idempotency", "none"),
        ({"ack": {"double": True}}, "ack.double", "false"),
    ],
)
def test_what_cannot_be_folded_is_refused_by_its_key(
    settings: dict[str, Any], key: str, allowed: str
) -> None:
    assert _said(settings)[key] == allowed
    short = _load(phases={"measure": "30s"})
    assert _said(settings, short).get(key) is None, "a short trial may do that"


def test_a_limit_that_throws_away_is_refused() -> None:
    assert "stream" in _said({"stream": {"max_age": "1h"}})
    assert "stream" in _said({"stream": {"max_msgs": 1000}})
    assert "stream" not in _said({"stream": {"max_msgs": 1000, "discard": "new"}})


@pytest.mark.parametrize(
    ("other", "key"),
    [
        ({"consume": {"faults": [{"kind": "transient", "share": "1%"}]}}, "consume.faults"),
        ({"consume": {"handler": {"time": {"constant": "1ms"}}}}, "consume.handler"),
        ({"subjects": {"pattern": "a.{n}", "numbers": {"n": 20_000}}}, "subjects"),
        (
            {"disturbances": [{"do": "pause", "part": "consume", "at": "5s", "for": "1s"}]},
            "disturbances",
        ),
    ],
)
def test_a_load_that_cannot_be_folded_says_which_key(other: dict[str, Any], key: str) -> None:
    Stream.model_validate({**DAY, **other, "phases": {"measure": "30s"}})
    with pytest.raises(ValidationError) as error:
        _load(**other)
    (told,) = error.value.errors()
    misfit = told["ctx"]["error"]
    assert isinstance(misfit, MisfitError)
    assert misfit.key == tuple(key.split("."))
    assert "is counted as it goes" in str(misfit)


def test_there_is_a_limit_to_soaks() -> None:
    with pytest.raises(ValidationError, match="up to 5000000000 messages a trial"):
        _load(publish={"rate": "60000/s"})
