"""A cast on disk is input: what does not fit together is refused by file and line."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.core.errors import RecordError
from bench.record.casts import MOST_OF_A_PART, MOST_PARTS
from bench.record.store import RunStore
from tests.analysis import runs
from tests.parts import Time

PUBLISH, CONSUME = 0, 1
Change = Callable[[dict[str, Any]], object]


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    """A run of one trial on disk."""
    made = runs.store(tmp_path / "run", runs.plan([runs.cell("only")], blocks=1))
    trial = made.read_plan().trials[0]
    seconds = [np.full(1000, 1_000_000)] * 14
    made.write_trial(runs.record(trial), runs.intervals({Time.SLIP: seconds}), runs.sampled([1, 2]))
    return made


def refused(store: RunStore, change: Change) -> str:
    """What is said of a cast that was changed; file and line stand before it."""
    trial = store.read_plan().trials[0]
    path = store.path / "trials" / trial.id / "trial.json"
    content = json.loads(path.read_text())
    change(content["cast"])
    path.write_text(json.dumps(content, indent=1))
    with pytest.raises(RecordError) as told:
        store.read_trial(trial)
    found = re.fullmatch(rf"{re.escape(str(path))}:(\d+): (.*)", str(told.value), re.DOTALL)
    assert found, told.value
    assert int(found[1]) > 1
    return found[2]


def part(number: int, **changes: object) -> Change:
    return lambda cast: cast["parts"][number].update(changes)


def of_part(number: int, kind: str, **changes: object) -> Change:
    return lambda cast: cast["parts"][number][kind][0].update(changes)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (part(CONSUME, flow="gone"), "cast.parts.1.flow: 'gone' is not what it is about"),
        (part(CONSUME, flow="consume"), "cast.parts.1.flow: 'consume' is not what it is about"),
        (part(PUBLISH, flow="consume"), "cast.parts.0.flow: 'consume' is not what it is about"),
        (part(CONSUME, name="publish"), "cast.parts: two are called 'publish'"),
        (part(CONSUME, instants=[]), "cast.parts.1.instants: none"),
        (of_part(CONSUME, "spans", end="gone"), "cast.parts.1: it has no 'gone'"),
        (of_part(CONSUME, "spans", due="gone"), "cast.parts.1: it has no 'gone'"),
        (of_part(PUBLISH, "spans", begin="received"), "cast.parts.0: it has no 'received'"),
        (of_part(CONSUME, "levels", left="gone"), "cast.parts.1: it has no 'gone'"),
        (of_part(CONSUME, "instants", entry="gone"), "cast.parts.1: it has no 'gone'"),
        (of_part(CONSUME, "entries", at_most=["gone"]), "cast.parts.1: it has no 'gone'"),
        (of_part(CONSUME, "entries", name="handled"), "cast.parts.1: two are called 'handled'"),
        (lambda cast: cast.update(parts=[]), f"cast.parts: not 1 to {MOST_PARTS} parts"),
        (lambda cast: cast.update(ranked=[]), "cast.ranked: none, or not among its times"),
        (lambda cast: cast.update(ranked=["gone"]), "cast.ranked: none, or not among its times"),
        (lambda cast: cast.update(done="gone"), "cast.done: 'gone' is none of its instants"),
        (part(CONSUME, side="sleeps"), "cast.parts.1.side: "),
    ],
)
def test_a_cast_that_names_what_it_does_not_have_is_refused(
    store: RunStore, change: Change, said: str
) -> None:
    """Whoever reads figures looks each of these up."""
    assert said in refused(store, change)


NAMES = ("", "a.b.c", "<b>x</b>", "\x1b[31m", "\x00", "Sent", "a b", "é", "x" * 41, "a\n")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "change_to",
    [
        lambda name: part(PUBLISH, name=name),
        lambda name: part(PUBLISH, role=name),
        lambda name: of_part(CONSUME, "instants", name=name),
        lambda name: of_part(CONSUME, "spans", name=name),
        lambda name: of_part(CONSUME, "levels", name=name),
        lambda name: of_part(CONSUME, "entries", name=name),
    ],
    ids=["part", "role", "instant", "span", "level", "entry"],
)
def test_a_name_that_nobody_could_write_is_refused(
    store: RunStore, change_to: Callable[[str], Change], name: str
) -> None:
    """A dot would be another part's figure; the rest reach pages and terminals."""
    text = refused(store, change_to(name))

    assert "is no name: a to z and _, at most 40" in text
    assert text.isprintable()


@pytest.mark.parametrize("words", ["\x1b[31mred", "two\nlines", "x" * 201])
def test_words_that_are_no_line_of_text_are_refused(store: RunStore, words: str) -> None:
    """Tables show them."""
    assert "is no line of text" in refused(store, of_part(CONSUME, "entries", means=words))


def test_how_many_parts_there_are_is_bounded(store: RunStore) -> None:
    """A hundred thousand fit into a file that is read; each is looked up among all others."""

    def many(cast: dict[str, Any]) -> None:
        first = {**cast["parts"][PUBLISH], "spans": [], "levels": [], "entries": []}
        cast["parts"] = [first] * 20_000

    assert f"not 1 to {MOST_PARTS} parts" in refused(store, many)


def test_how_much_a_part_has_is_bounded(store: RunStore) -> None:
    """Likewise."""

    def many(cast: dict[str, Any]) -> None:
        cast["parts"][PUBLISH]["instants"] *= 20_000

    assert f"cast.parts.0.instants: more than {MOST_OF_A_PART}" in refused(store, many)


@pytest.mark.parametrize("key", ["window_counts", "slices", "ledger"])
def test_a_record_tells_of_what_its_cast_has_and_of_nothing_else(store: RunStore, key: str) -> None:
    """One more or one less would be looked up where it is not."""
    trial = store.read_plan().trials[0]
    path = store.path / "trials" / trial.id / "trial.json"
    whole = json.loads(path.read_text())
    first, value = next(iter(whole[key].items()))
    less = {name: each for name, each in whole[key].items() if name != first}

    for told, odd in ((less, first), ({**whole[key], "more": value}, "more")):
        path.write_text(json.dumps({**whole, key: told}, indent=1))
        with pytest.raises(RecordError, match=rf"{key}: not what its cast has: {odd}"):
            store.read_trial(trial)
