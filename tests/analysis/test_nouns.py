from typing import Any

import pytest

from bench.analysis import nouns
from bench.spec.kinds.kv import Kv, cast_of
from bench.spec.kinds.registry import KINDS
from bench.spec.variant import Settings

OFFER = {"rate": "9/s"}


def of_bucket(**parts: Any) -> Any:
    """The cast of a workload on a bucket."""
    plain = {"kind": "kv", "keys": {"count": 9}, "value": {"sizes": "64B"}, "phases": PHASES}
    load = Kv.model_validate(plain | parts)
    return cast_of(Settings(), load)


PHASES = {"warmup": "1s", "measure": "9s", "drain": "1s"}


@pytest.mark.parametrize(
    ("parts", "noun"),
    [
        ({"get": OFFER}, "read"),
        ({"put": OFFER}, "write"),
        ({"update": OFFER}, "update"),
        ({"scan": OFFER}, "scan"),
        ({"put": OFFER, "get": OFFER}, "operation"),
    ],
)
def test_operations_on_keys_are_called_what_they_are(parts: dict[str, Any], noun: str) -> None:
    """And all together by a word for all."""
    assert nouns.of_casts([of_bucket(**parts)]) == noun


@pytest.mark.parametrize(
    ("kind", "noun"),
    [
        ("stream", "message"),
        ("request", "request"),
        ("command", "command"),
        ("projection", "message"),
        ("dual-write", "write"),
        ("replay", "message"),
    ],
)
def test_each_kind_counts_what_it_drives(kind: str, noun: str) -> None:
    """Whoever publishes counts messages."""
    assert nouns.of_casts([KINDS[kind].cast(Settings(), None)]) == noun


def test_without_any_part_there_are_messages() -> None:
    """A run of which no trial is on disk."""
    assert nouns.of_casts([]) == "message"


def test_what_fell_short_is_called_by_whose_count_it_is() -> None:
    """A read that was wrong is a read, whoever writes beside it."""
    cast = of_bucket(put=OFFER, get=OFFER)

    assert nouns.of_words([cast], ["wrong"]) == "read"
    assert nouns.of_words([cast], ["put.refused"]) == "write"
    assert nouns.of_words([cast], ["wrong", "put.refused"]) == "operation"
