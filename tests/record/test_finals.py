"""States in records: what nobody could have written is refused."""

from dataclasses import replace
from typing import Any

import pytest

from bench.record.checks import trial_faults
from bench.record.finals import MOST_KEYS, Final, final_faults
from tests.analysis import runs
from tests.gate.figures import trial_of

WHOLE = "0f" * 32
KEY = "0123456789abcdef"


def faults(**parts: Any) -> list[str]:
    return [each.what for each in final_faults(("finals", "replay"), Final(**parts))]


@pytest.mark.parametrize(
    "parts",
    [
        {"digest": WHOLE},
        {"digest": WHOLE, "size": 1, "keys": {"a": KEY}},
        {"digest": WHOLE, "size": MOST_KEYS + 1},
        {"untold": "it has none"},
    ],
)
def test_a_sound_state_has_no_fault(parts: dict[str, Any]) -> None:
    assert faults(**parts) == []


@pytest.mark.parametrize(
    ("parts", "what"),
    [
        ({}, "neither known nor untold, or both"),
        ({"digest": WHOLE, "untold": "why"}, "neither known nor untold, or both"),
        ({"digest": "0f"}, "no SHA-256 in hex"),
        ({"digest": WHOLE, "size": -2}, "below what it can be, or beyond counting"),
        ({"digest": WHOLE, "size": 2, "keys": {"a": KEY}}, "not as many as its size says"),
        ({"digest": WHOLE, "size": 1, "keys": {"a\n": KEY}}, "a key that is no short line of text"),
        (
            {"digest": WHOLE, "size": 1, "keys": {"a": "x"}},
            "no beginning of a SHA-256 in hex",
        ),
        ({"untold": "two\nlines"}, "no line of text"),
    ],
)
def test_a_state_that_cannot_be_is_told(parts: dict[str, Any], what: str) -> None:
    assert faults(**parts) == [what]


def test_more_keys_than_are_ever_kept_are_refused() -> None:
    keys = {str(key): KEY for key in range(MOST_KEYS + 1)}

    assert faults(digest=WHOLE, size=len(keys), keys=keys) == [f"more than {MOST_KEYS}"]


def test_a_state_belongs_to_a_part_that_observes() -> None:
    record = trial_of(runs.cell("one"), 1, 10.0).record
    known, other = ({part: Final(digest=WHOLE)} for part in ("consume", "publish"))

    assert not [f for f in trial_faults(replace(record, finals=known)) if f.loc[0] == "finals"]
    found = [f for f in trial_faults(replace(record, finals=other)) if f.loc[0] == "finals"]
    assert [each.what for each in found] == ["no part of its cast that observes"]
