"""A search is read from its plan: what does not fit together there is refused by key and line."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench.core.errors import RecordError
from bench.plan.expand import expand
from bench.plan.model import Cell, Plan, Purpose, Search
from bench.plan.seeking import Wanted, search_plan, with_wanted
from bench.record.searches import search_faults
from bench.record.store import RunStore
from bench.spec.capacity import LoadedCapacity, load_capacity
from bench.spec.load import load_workload
from bench.spec.lookup import shipped_root

Json = dict[str, Any]
Change = Callable[[Json], object]


def looked(
    loaded: LoadedCapacity, *looks: tuple[float, Purpose], bases: tuple[Cell, ...] = ()
) -> Plan:
    """The plan of a search after these looks at each base."""
    file = loaded.file
    search = Search(
        low_per_s=file.rate.from_per_s,
        high_per_s=file.rate.to_per_s,
        goals=tuple(map(str, file.goals)),
        most_publishers=2,
        probe=file.probe,
        soak=file.soak,
        bases=bases or expand(loaded.matrix),
    )
    plan = search_plan(file.label, "", search, seed=1)
    for rate_per_s, purpose in looks:
        plan = with_wanted(
            plan,
            [
                Wanted(base=base, rate_per_s=rate_per_s, publishers=2, purpose=purpose)
                for base in search.bases
            ],
        )
    return plan


NO_RATE = {"backlog", "replay", "replay-orders"}
WORKLOADS = sorted({path.stem for path in (shipped_root() / "workloads").glob("*.yaml")} - NO_RATE)
LOOKS = (
    (20.0, Purpose.SHORT),
    (33.33, Purpose.LONG),
    (33.33, Purpose.SOAK),
    (33.33, Purpose.SOAK),
)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The plan of the shipped search, as a run has it."""
    store = RunStore(tmp_path_factory.mktemp("run"))
    store.write_plan(looked(load_capacity("work-queue"), *LOOKS))
    assert store.read_plan().search is not None
    return store.path / "plan.json"


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


def _twice(plan: Json) -> None:
    plan["search"]["steps"].append(plan["search"]["steps"][0])


def _same_base(plan: Json) -> None:
    plan["search"]["bases"].append(plan["search"]["bases"][0])


def _two_probes(plan: Json) -> None:
    cell_id = plan["search"]["steps"][0]["cell_id"]
    plan["trials"][-1]["cell_id"] = cell_id


def _swapped(plan: Json) -> None:
    one, other = plan["search"]["bases"][:2]
    plan["search"]["steps"][0]["base_id"], plan["search"]["steps"][1]["base_id"] = (
        other["id"],
        one["id"],
    )


REFUSED: dict[str, tuple[Change, str]] = {
    "low above high": (_set("search", "low_per_s", to=1e6), "search.high_per_s: not above"),
    "low of 0": (_set("search", "low_per_s", to=0), "search.low_per_s: not above 0"),
    "low below 0": (_set("search", "low_per_s", to=-1), "search.low_per_s: not above 0"),
    "high beyond": (_set("search", "high_per_s", to=1e18), "search.high_per_s: "),
    "no publishers": (_set("search", "most_publishers", to=0), "search.most_publishers: below 1"),
    "no rule": (_set("search", "goals", 0, to="p99 is fine"), "search.goals.0: not a rule"),
    "a baseline": (
        _set("search", "goals", 0, to="p99 vs baseline <= +5%"),
        "search.goals.0: compares with a baseline",
    ),
    "a laxer goal": (
        _set("search", "goals", 0, to="end_to_end_p50 < 10h"),
        "search.goals: not what `success` has",
    ),
    "no base": (_set("search", "bases", to=[]), "search.bases: empty"),
    "a base twice": (_same_base, "stands there twice"),
    "a base of no variant": (
        _set("search", "bases", 0, "variants", to=[]),
        "search.bases.0.variants: empty",
    ),
    "an unknown cell": (
        _set("search", "steps", 0, "cell_id", to="nobody"),
        "search.steps.0.cell_id: the plan has no cell 'nobody'",
    ),
    "an unknown base": (
        _set("search", "steps", 0, "base_id", to="nobody"),
        "search.steps.0.base_id: it has no base 'nobody'",
    ),
    "another base": (_swapped, "search.steps.0.base_id: its cell is of other variants"),
    "a higher rate": (
        _set("search", "steps", 0, "rate_per_s", to=200.0),
        "search.steps.0.rate_per_s: its cell offers 20 messages a second",
    ),
    "a rate below 0": (
        _set("search", "steps", 0, "rate_per_s", to=-20.0),
        "search.steps.0.rate_per_s: not between",
    ),
    "a rate of nothing": (
        _set("search", "steps", 0, "rate_per_s", to=float("nan")),
        "search.steps.0.rate_per_s: nan is no number",
    ),
    "nobody offers": (
        _set("search", "steps", 0, "publishers", to=0),
        "search.steps.0.publishers: below 1",
    ),
    "another purpose": (
        _set("search", "steps", 0, "purpose", to="look"),
        "search.steps.0.purpose: ",
    ),
    "soaks as a probe": (
        _set("search", "steps", 4, "purpose", to="short probe"),
        "search.steps.4.purpose: 2 trials, and a probe is one",
    ),
    "a step twice": (_twice, "stands there twice"),
    "a step left out": (_cut("search", "steps", 0), "cells.0.id: no step of the search"),
    "a probe with two trials": (_two_probes, "search.steps.0.purpose: 2 trials"),
    "a trial left out": (_cut("trials", 6), "trials.6.index: 8, and not 7"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_search_that_does_not_fit_together_is_no_record(
    name: str, written: Path, tmp_path: Path
) -> None:
    change, words = REFUSED[name]
    plan = json.loads(written.read_text("utf-8"))
    change(plan)
    (tmp_path / "plan.json").write_text(json.dumps(plan, indent=1), "utf-8")

    with pytest.raises(RecordError, match=r"plan\.json:\d+: not a record") as refused:
        RunStore(tmp_path).read_plan()

    assert words in str(refused.value)
    line = int(str(refused.value).split("plan.json:")[1].partition(":")[0])
    assert line > 1


@pytest.mark.parametrize("name", WORKLOADS)
def test_what_is_sought_of_every_shipped_workload_can_be_read_again(name: str) -> None:
    """Parts that share a rate, a trace that is played slower, bursts: it adds up again."""
    shipped = load_capacity("work-queue")
    workload = load_workload(shipped_root() / "workloads" / f"{name}.yaml")
    base = replace(expand(shipped.matrix)[0], workload=workload, workload_name=name)

    plan = looked(shipped, (20.0, Purpose.SHORT), (333.3, Purpose.SOAK), bases=(base,))

    assert len(plan.trials) == 2
    assert list(search_faults(plan)) == []
