from collections.abc import Mapping
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.core.errors import Problem
from bench.spec.base import Spec
from bench.spec.kinds.registry import KINDS
from bench.spec.kinds.stream import Stream
from bench.spec.matrix import Matrix
from bench.spec.problems import child_keys, validate
from bench.spec.variant import ConfigFile, Settings
from bench.spec.yaml_tree import Loc, dotted

MODELS: list[type[Spec]] = [*(kind.model for kind in KINDS.values()), Matrix, ConfigFile, Settings]

JARGON = ("Input should", "Value error", "valid dictionary", "instance of", "tuple[", "pydantic")


class Data:
    """Data without a file, for what needs no line."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self.data = data

    def problem(self, loc: Loc, what: str, *, allowed: str = "", nearest: str = "") -> Problem:
        return Problem(file="f", key=dotted(loc), what=what, allowed=allowed, nearest=nearest)


scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.sampled_from(["", "5s", "-5s", "5", "128B", "5%", "7/s", "pull", "none", "a.{b}", "x"]),
)


@cache
def values(depth: int) -> st.SearchStrategy[object]:
    """Anything YAML can hold, with keys that our models know, so that it gets below the top."""
    if depth == 0:
        return scalars
    below = values(depth - 1)
    known = sorted({key for model in MODELS for key in nested_keys(model)})
    keys = st.sampled_from([*known, "1KiB", "unknown"])
    return scalars | st.lists(below, max_size=3) | st.dictionaries(keys, below, max_size=4)


def nested_keys(model: type[Spec]) -> set[str]:
    found: set[str] = set()
    waiting: list[Loc] = [()]
    while waiting:
        loc = waiting.pop()
        for key in child_keys(model, loc):
            found.add(key)
            waiting.append((*loc, key))
    return found


@st.composite
def plausible(draw: st.DrawFn, model: type[Spec]) -> dict[str, object]:
    """A mapping with every top-level key in place and anything below."""
    return {key: draw(values(2)) for key in child_keys(model, ())}


@pytest.mark.parametrize("model", MODELS)
@given(data=st.data())
def test_no_input_is_answered_in_pydantics_words(model: type[Spec], data: st.DataObject) -> None:
    """Each type of error has our own wording; one without would end in a KeyError here."""
    _, problems = validate(model, Data(data.draw(plausible(model))))

    for problem in problems:
        assert not any(jargon in str(problem) for jargon in JARGON), problem
        assert problem.key
        assert "; allowed: " not in problem.what


@pytest.mark.parametrize(
    ("data", "key", "what"),
    [
        ({"workloads": 5}, "workloads", "must be a list"),
        ({"workloads": ["a"], "configs": [5]}, "configs[0]", "must be a mapping"),
        ({"configs": [{"config": ""}]}, "configs[0].config", "is empty"),
        ({"blocks": 101}, "blocks", "too large"),
        ({"label": None}, "label", "must be text"),
        ({"phases": {"warmup": True}}, "phases.warmup", "not a quantity"),
    ],
)
def test_each_kind_of_fault_has_plain_words(data: dict[str, object], key: str, what: str) -> None:
    """The fuzz above shows that no wording is missing; this shows what they are."""
    _, problems = validate(Matrix, Data(data))

    assert (key, what) in [(problem.key, problem.what) for problem in problems]


@pytest.mark.parametrize(
    ("skew", "what", "allowed"),
    [
        ("steep", "must be a number", ""),
        (None, "must be a number", ""),
        (0, "too small", "above 0"),
        (6, "too large", "up to 5.0"),
    ],
)
def test_a_number_is_asked_for_and_bounded_in_plain_words(
    skew: object, what: str, allowed: str
) -> None:
    """The skew of keys is the one number without a unit that is no whole one."""
    _, problems = validate(KINDS["kv"].model, Data({"kind": "kv", "keys": {"skew": skew}}))

    said = [each for each in problems if each.key == "keys.skew"]
    assert [(each.what, each.allowed) for each in said] == [(what, allowed)]


@pytest.mark.parametrize("fault", [None, 3, "poison", []])
def test_what_is_no_mapping_where_one_of_several_may_stand_is_told(fault: object) -> None:
    """A dash with nothing behind it ended in a fault of our own."""
    _, problems = validate(Stream, Data({"kind": "stream", "consume": {"faults": [fault]}}))

    (told,) = (each for each in problems if each.key == "consume.faults[0]")
    assert told.what == "must be a mapping"
    assert told.allowed.startswith("keys kind, share, ")


@pytest.mark.parametrize(
    ("data", "key", "near"),
    [
        ({"consume": {"handler": "2ms"}}, "consume.handler", "{time: 2ms}"),
        ({"publish": "500/s"}, "publish", "{rate: 500/s}"),
        ({"phases": "30s"}, "phases", ""),
        ({"publish": "fast"}, "publish", ""),
    ],
)
def test_a_bare_value_is_answered_with_what_it_is_short_for(
    data: dict[str, object], key: str, near: str
) -> None:
    """A handler of 2ms is meant, and its time is a key; of phases each may be."""
    _, problems = validate(Stream, Data({"kind": "stream", **data}))

    (told,) = (each for each in problems if each.key == key)
    assert (told.what, told.nearest) == ("must be a mapping", near)


def test_the_branch_of_a_union_is_no_key() -> None:
    """Pydantic puts the word `lognormal` into the path; a file has no such key."""
    data = {"consume": {"handler": {"time": {"p50": 5}}}}

    _, problems = validate(Stream, Data(data))

    keys = [problem.key for problem in problems]
    assert "consume.handler.time.p50" in keys
    assert "consume.handler.time.p99" in keys


def test_the_keys_of_every_branch_are_allowed() -> None:
    """Who misspells `p99` may have meant `constant` for all we know."""
    keys = child_keys(Stream, ("consume", "handler", "time"))

    assert keys == ("constant", "from", "to", "file", "times", "p50", "p99")
