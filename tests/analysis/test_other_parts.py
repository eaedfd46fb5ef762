"""A record that leaves out, renames or reweighs a count is not believed over its plan."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench.analysis.summary import summarise
from bench.clients.port import Outcome
from bench.core.errors import RecordError
from bench.record.checks import OUTCOMES, other_parts, trial_faults
from bench.spec.expiring import without_evicted
from bench.spec.variant import Settings
from tests.analysis import runs
from tests.judging.worlds import Fate, world

Json = dict[str, Any]


def without_refused(record: Json) -> None:
    """Nobody would miss it: a sum over no count is 0."""
    for part in record["cast"]["parts"]:
        part["entries"] = [each for each in part["entries"] if each["name"] != "refused"]
    record["ledger"]["stored"] += record["ledger"].pop("refused")


def renamed(record: Json) -> None:
    """A count by a name that no rule asks for."""
    _entry(record)["name"] = "turned"
    record["ledger"]["turned"] = record["ledger"].pop("refused")
    record["ledger"]["stored"] += record["ledger"]["turned"]


def plain(record: Json) -> None:
    """What is no shortfall is excused."""
    _entry(record)["weight"] = "plain"


def untold(record: Json) -> None:
    """What nobody can tell is not counted."""
    _entry(record)["untold"] = True
    record["ledger"]["stored"] += record["ledger"]["refused"]
    record["ledger"]["unconfirmed"] += 1
    record["ledger"]["refused"] = -1


def _entry(record: Json) -> Json:
    entries = (each for part in record["cast"]["parts"] for each in part["entries"])
    return next(each for each in entries if each["name"] == "refused")


@pytest.mark.parametrize("change", [without_refused, renamed, plain, untold])
def test_a_record_of_other_parts_than_its_cell_has_is_refused(
    tmp_path: Path, change: Callable[[Mapping[str, Any]], None]
) -> None:
    """Eight messages were refused; edited so, the trial passed every gate."""
    fates = {"base": [Fate()] * 3, "cand": [Fate(refused=8)] * 3}
    made = world(tmp_path / "run", fates, {"baseline": "pull-batch/base"}, 1)
    path = next((tmp_path / "run" / "trials").glob("*cand-b1")) / "trial.json"
    record = json.loads(path.read_text())
    change(record)
    path.write_text(json.dumps(record, indent=1))

    with pytest.raises(RecordError, match=r"trial.json:\d+: .*cast: not what its cell's workload"):
        summarise(made.store)


def test_other_words_for_the_same_entries_are_read(tmp_path: Path) -> None:
    """A record that an earlier version wrote says less of its checks, and counts the same."""
    made = world(tmp_path / "run", {"base": [Fate()] * 3, "cand": [Fate()] * 3}, {}, 1)
    for path in (tmp_path / "run" / "trials").glob("*/trial.json"):
        record = json.loads(path.read_text())
        for part in record["cast"]["parts"]:
            for entry in part["entries"]:
                del entry["check"]
                entry["means"] = "as it was once put"
        path.write_text(json.dumps(record))

    summarise(made.store)


@pytest.mark.parametrize(
    ("word", "fate"), [("refused", Fate(refused=8)), ("unconfirmed", Fate(unanswered=8))]
)
def test_a_ledger_in_which_what_was_sent_is_not_accounted_for_is_refused(
    tmp_path: Path, word: str, fate: Fate
) -> None:
    """With the count set to 0 nothing had fallen short, and the eight stood nowhere."""
    fates = {"base": [Fate()] * 3, "cand": [fate] * 3}
    made = world(tmp_path / "run", fates, {"baseline": "pull-batch/base"}, 1)
    path = next((tmp_path / "run" / "trials").glob("*cand-b1")) / "trial.json"
    record = json.loads(path.read_text())
    assert record["ledger"][word] == 8
    record["ledger"][word] = 0
    path.write_text(json.dumps(record, indent=1))

    with pytest.raises(RecordError, match="more than stored, refused, unconfirmed together"):
        summarise(made.store)


def test_every_answer_that_is_not_the_wanted_one_is_accounted_for() -> None:
    """One more kind of them would make sound records unreadable."""
    assert {*OUTCOMES} == {"answered", "silent", *(each.word for each in Outcome)}


@pytest.mark.parametrize(
    ("counts", "believed"),
    [
        ({"received": 13_860, "lost": 140}, True),  # as versions counted that knew of no limits
        ({"received": 13_860, "backlog": 140}, True),
        ({"received": 13_860, "lost": -1}, True),  # nobody can tell, and nothing is passed
        ({"received": 13_860}, False),
        ({}, True),
    ],
)
def test_what_a_limit_took_cannot_be_left_out(counts: Mapping[str, int], believed: bool) -> None:
    """A record that does not know the count is read where it counts the same messages as lost."""
    limited = Settings.model_validate({"stream": {"max_msgs": 50}})
    cell = runs.cell("limited", settings=limited)
    (trial,) = runs.plan([cell], blocks=1).trials
    made = runs.record(trial)
    older = replace(made, cast=without_evicted(cell.cast), ledger={**(made.ledger or {}), **counts})

    assert made.ledger is not None
    assert made.ledger["stored"] == 14_000
    assert (not [*other_parts(older, cell.cast)]) == believed


@pytest.mark.parametrize(
    ("attempts", "what"),
    [
        ({"consume": {1: 13_000, 16: 3}}, ""),
        ({"publish": {1: 3}}, "no part of its cast that observes"),
        ({"consume": {0: 3}}, "not once to 16 times"),
        ({"consume": {17: 3}}, "not once to 16 times"),
        ({"consume": {1: -3}}, "below 1, or beyond counting"),
        ({"consume": {2: 0}}, "below 1, or beyond counting"),  # a share of nothing cannot be told
    ],
)
def test_how_often_messages_came_is_held_to_what_can_be(
    attempts: Mapping[str, Mapping[int, int]], what: str
) -> None:
    (trial,) = runs.plan([runs.cell("one")], blocks=1).trials

    found = [each.what for each in trial_faults(replace(runs.record(trial), attempts=attempts))]

    assert found == ([what] if what else [])
