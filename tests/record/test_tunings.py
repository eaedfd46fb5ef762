"""A tuning is read from its plan: what does not fit together there is refused by key and line."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench.core.errors import RecordError
from bench.plan.model import Plan
from bench.plan.tuned import BASE, tuning_of, tuning_plan, with_round
from bench.record.store import RunStore
from bench.spec.space import Point
from bench.spec.tuning import load_tuning
from tests.spec.test_tuning import written

Json = dict[str, Any]
Change = Callable[[Json], object]

SPACE = (
    "{consumer.mode: [pull, push],"
    " pull.batch: {values: [10, 50], when: {consumer.mode: pull}},"
    " consumer.max_ack_pending: [100, 500], ack.double: [true, false]}"
)


def _point(mode: str, batch: int | None = None) -> Point:
    of_pull = () if batch is None else (("pull.batch", batch),)
    rest = (("consumer.max_ack_pending", 100), ("ack.double", True))
    return Point(values=(("consumer.mode", mode), *of_pull, *rest))


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """A tuning of two blocks, and two of its confirmation."""
    root = tmp_path_factory.mktemp("files")
    path = written(root, space=SPACE, objective="[minimise p50, maximise acked_rate]")
    found = tuning_plan(load_tuning(path, search=[root]))
    pulls, pushes = _point("pull", 10), _point("push")
    found = with_round(found, [BASE, pulls, pushes], confirms=False)
    found = with_round(found, [BASE, _point("pull", 50), pulls], confirms=False)
    found = with_round(found, [BASE, pulls], confirms=True)
    return with_round(found, [BASE, pulls], confirms=True)


@pytest.fixture(scope="module")
def path(plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> Path:
    store = RunStore(tmp_path_factory.mktemp("run"))
    store.write_plan(plan)
    return store.path / "plan.json"


def test_what_was_written_is_read_again(plan: Plan, path: Path) -> None:
    """Numbers, words and truths of points stay what they were."""
    found = RunStore(path.parent).read_plan()

    assert found == plan
    assert tuning_of(found).confirms_from == 3
    values = dict(tuning_of(found).tried[1].point.values)
    assert values["ack.double"] is True
    assert type(values["pull.batch"]) is int


def _set(*path: str | int, to: object) -> Change:
    def change(plan: Json) -> None:
        at: Any = plan
        for step in path[:-1]:
            at = at[step]
        at[path[-1]] = to

    return change


def _cut(*path: str | int) -> Change:
    def change(plan: Json) -> None:
        at: Any = plan
        for step in path[:-1]:
            at = at[step]
        del at[path[-1]]

    return change


def _search_too(plan: Json) -> None:
    tuning = plan["tuning"]
    phases = tuning["base"]["workload"]["phases"]
    plan["search"] = {
        "low_per_s": 1.0,
        "high_per_s": 2.0,
        "goals": plan["success"],
        "most_publishers": 1,
        "probe": phases,
        "soak": phases,
        "bases": [tuning["base"]],
        "steps": [],
    }


def _again(*path: str | int) -> Change:
    def change(plan: Json) -> None:
        at: Any = plan
        for step in path:
            at = at[step]
        at.append(at[-1])

    return change


def _swapped(plan: Json) -> None:
    one, other = plan["tuning"]["tried"][1:3]
    one["cell_id"], other["cell_id"] = other["cell_id"], one["cell_id"]


def _kinder(plan: Json) -> None:
    """Another load for one point: what is compared would not be alike."""
    plan["cells"][1]["workload"]["publish"]["rate"] = "50/s"


def _all_confirm(plan: Json) -> None:
    """The search is to confirm what it found itself."""
    plan["tuning"]["confirms_from"] = 1


def _without_the_base(plan: Json) -> None:
    """What would confirm is held against nothing."""
    base = plan["tuning"]["base"]["id"]
    begins = plan["tuning"]["confirms_from"]
    kept = [t for t in plan["trials"] if t["block"] < begins or t["cell_id"] != base]
    plan["trials"] = [{**trial, "index": index} for index, trial in enumerate(kept, start=1)]


def _without_end(plan: Json) -> None:
    """Blocks of a confirmation until one shows what is wished for."""
    last = plan["trials"][-2:]
    for _ in range(12):
        last = [{**trial, "block": trial["block"] + 1} for trial in last]
        plan["trials"] += [
            {**trial, "id": f"{trial['id']}-{trial['block']}", "index": len(plan["trials"]) + place}
            for place, trial in enumerate(last, start=1)
        ]


def _knobs_turned_round(plan: Json) -> None:
    plan["tuning"]["knobs"].reverse()


REFUSED: dict[str, tuple[Change, str]] = {
    "a search beside it": (_search_too, "search: beside a tuning"),
    "a base of no variant": (_set("tuning", "base", "variants", to=[]), "tuning.base.variants"),
    "no points": (_set("tuning", "points", to=0), "tuning.points: below 1"),
    "no time": (_set("tuning", "budget_ns", to=0), "tuning.budget_ns: below 1"),
    "time without end": (_set("tuning", "budget_ns", to=2**60), "tuning.budget_ns: below 1, or"),
    "no knobs": (_set("tuning", "knobs", to=[]), "tuning.knobs: empty"),
    "a knob twice": (_again("tuning", "knobs"), "tuning.knobs.4.key: 'ack.double' stands there"),
    "a knob without values": (
        _set("tuning", "knobs", 2, "values", to=[]),
        "tuning.knobs.2.values: empty",
    ),
    "a value twice": (_again("tuning", "knobs", 2, "values"), "tuning.knobs.2.values: one stands"),
    "a condition on what comes after": (
        _knobs_turned_round,
        "tuning.knobs.2.when: no knob before it is 'consumer.mode'",
    ),
    "a condition that never holds": (
        _set("tuning", "knobs", 1, "when", 0, 1, to=["pall"]),
        "tuning.knobs.1.when: not values of 'consumer.mode'",
    ),
    "a condition of no value": (
        _set("tuning", "knobs", 1, "when", 0, 1, to=[]),
        "tuning.knobs.1.when: not values of",
    ),
    "a list as a value": (_set("tuning", "knobs", 2, "values", 0, to=[1]), "tuning.knobs.2.val"),
    "no objective": (_set("tuning", "objectives", to=[]), "tuning.objectives: not one, or two"),
    "an objective twice": (
        _set("tuning", "objectives", 1, to="minimise end_to_end_p50"),
        "tuning.objectives: not one, or two that differ",
    ),
    "no such objective": (
        _set("tuning", "objectives", 0, to="minimise everything"),
        "tuning.objectives.0: no figure is called 'everything'",
    ),
    "the wrong way": (
        _set("tuning", "objectives", 0, to="maximise end_to_end_p50"),
        "tuning.objectives.0: higher is worse",
    ),
    "another objective": (
        _set("tuning", "objectives", 0, to="minimise end_to_end_p95"),
        "tuning.objectives: not what `primary`",
    ),
    "a laxer constraint": (
        _set("tuning", "constraints", 0, to="lost <= 5"),
        "tuning.constraints: not what `success` has",
    ),
    "a constraint left out": (_cut("tuning", "constraints", 0), "not what `success` has"),
    "no rule": (_set("tuning", "constraints", 0, to="lost"), "tuning.constraints.0: not a rule"),
    "a baseline": (
        _set("tuning", "constraints", 0, to="p50 vs baseline <= +5%"),
        "tuning.constraints.0: compares with a baseline",
    ),
    "the base is not first": (
        _cut("tuning", "tried", 0),
        "tuning.tried.0.point: the base stands first",
    ),
    "a base among points": (
        _set("tuning", "tried", 1, "point", "values", to=[]),
        "stands there twice",
    ),
    "a point twice": (_again("tuning", "tried"), "tuning.tried.4.cell_id: stands there twice"),
    "a point left out": (_cut("tuning", "tried", 3), "cells.3.id: no point that was tried"),
    "cells exchanged": (_swapped, "tuning.tried.1.cell_id: its cell has other settings"),
    "an unknown cell": (
        _set("tuning", "tried", 1, "cell_id", to="nobody"),
        "tuning.tried.1.cell_id: the plan has no cell 'nobody'",
    ),
    "a value of nobody": (
        _set("tuning", "tried", 1, "point", "values", 1, 1, to=11),
        "tuning.tried.1.point.values.1: 11 is no value of 'pull.batch'",
    ),
    "a truth as a number": (
        _set("tuning", "tried", 1, "point", "values", 3, 1, to=1),
        "tuning.tried.1.point.values.3: 1 is no value of 'ack.double'",
    ),
    "a value left out": (
        _cut("tuning", "tried", 1, "point", "values", 1),
        "tuning.tried.1.point.values: not each knob",
    ),
    "a value that is not turned": (
        _set("tuning", "tried", 1, "point", "values", 0, 1, to="push"),
        "tuning.tried.1.point.values: not each knob",
    ),
    "another load": (_kinder, "tuning.tried.1.cell_id: its cell is of another load"),
    "other settings": (
        _set("cells", 1, "settings", "pull", "batch", to=11),
        "tuning.tried.1.cell_id: its cell has other settings",
    ),
    "another base": (
        _set("tuning", "base", "id", to="load--sizes.base"),
        "tuning.tried.0.cell_id: not the cell of the base",
    ),
    "a trial left out": (_cut("trials", 6), "trials.6.index: 8, and not 7"),
    "a confirmation of no block": (
        _set("tuning", "confirms_from", to=9),
        "tuning.confirms_from: no block of the plan",
    ),
    "a confirmation that begins too early": (
        _set("tuning", "confirms_from", to=2),
        "tuning.confirms_from: what it confirms was not sought before",
    ),
    "a confirmation short of a trial": (_cut("trials", 9), "from it on have the same cells"),
    "a confirmation of nothing sought": (_all_confirm, "it confirms was not sought before"),
    "a confirmation without the base": (_without_the_base, "a block of it has the base and"),
    "a confirmation that was gone on with": (_without_end, "its budget confirms in "),
    "two trials in a block": (
        _set("trials", 9, "block", to=3),
        "block: its cell has two trials in it",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_tuning_that_does_not_fit_together_is_no_record(
    name: str, path: Path, tmp_path: Path
) -> None:
    change, words = REFUSED[name]
    plan = json.loads(path.read_text("utf-8"))
    change(plan)
    (tmp_path / "plan.json").write_text(json.dumps(plan, indent=1), "utf-8")

    with pytest.raises(RecordError, match=r"plan\.json:\d+: not a record") as refused:
        RunStore(tmp_path).read_plan()

    assert words in str(refused.value)
    line = int(str(refused.value).split("plan.json:")[1].partition(":")[0])
    assert line > 1
