"""A run that breaks off says how to go on with it: what was measured is kept."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from bench.analysis.summary import summarise
from bench.cli import planned
from bench.cli.verbs import app
from bench.core.errors import BenchError, NameCollisionError, UsageError
from bench.plan.estimate import Estimate, estimate
from bench.plan.model import Search, Tuning
from bench.plan.seeking import search_plan, with_wanted
from bench.plan.tuned import with_round
from bench.record.planned import read_planned
from bench.record.store import RunStore
from bench.runner.preflight import Fitness
from bench.runner.target import EmbeddedTarget
from bench.seek.state import begun
from bench.spec.capacity import PROBE, SOAK
from bench.spec.space import Knob, Point
from tests.analysis import runs
from tests.cli import broken_run

FOREIGN = NameCollisionError("stream X is not ours; it was left untouched")


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunStore:
    """A run of which one trial is missing, in the working directory; nothing of it is measured."""
    monkeypatch.chdir(tmp_path)
    made = broken_run.make(tmp_path)
    last = made.read_plan().trials[-1]
    shutil.rmtree(made.path / "trials" / last.id)

    async def fit(*_: object) -> Fitness:
        return Fitness(server_version="2.15.0", warnings=())

    async def breaks_off(_: object) -> None:
        raise FOREIGN

    monkeypatch.setattr("bench.cli.growing.preflight.check", fit)
    found = made.read_environment()
    monkeypatch.setattr("bench.cli.growing.environment.describe", lambda *_: found)
    monkeypatch.setattr("bench.cli.growing.run_matrix", breaks_off)
    return made


@pytest.fixture
def search(store: RunStore) -> RunStore:
    """A search beside that run, of which nothing but the first trial is planned."""
    sought = Search(
        low_per_s=100.0,
        high_per_s=200.0,
        goals=("lost == 0",),
        most_publishers=1,
        probe=PROBE,
        soak=SOAK,
        bases=(runs.cell("only"),),
    )
    plan = search_plan("sought", "", sought, seed=1)
    made = RunStore(store.path.with_name("sought-1"))
    made.path.mkdir()
    made.write_environment(store.read_environment())
    made.write_plan(with_wanted(plan, begun(plan)))
    return made


def resumed(store: RunStore, *more: str, verb: str = "run") -> Result:
    return CliRunner().invoke(app, [verb, "--resume", store.run_id, "--no-tui", *more])


def test_a_search_is_gone_on_with_by_the_verb_that_began_it(search: RunStore) -> None:
    """A run would measure what is planned, judge it as a matrix and never seek on."""
    refused = resumed(search)

    assert isinstance(refused.exception, UsageError)
    way = f"jetbench capacity --resume {search.run_id}"
    assert str(refused.exception).endswith(f"is the search for a capacity; use `{way}`")


@pytest.fixture
def tuning(store: RunStore) -> RunStore:
    """A search for settings beside that run, of which one block is planned."""
    base = runs.cell("only")
    sought = Tuning(
        base=base,
        knobs=(Knob(key="pull.batch", values=(1, 10), ordered=True),),
        points=2,
        objectives=("minimise end_to_end_p99",),
        constraints=(),
        budget_ns=10**12,
        raced=True,
    )
    plan = replace(runs.plan([], blocks=1), label="tuned", primary="end_to_end_p99", tuning=sought)
    points = (Point(values=()), Point(values=(("pull.batch", 1),)))
    made = RunStore(store.path.with_name("tuned-1"))
    made.path.mkdir()
    made.write_environment(store.read_environment())
    made.write_plan(with_round(plan, points, confirms=False))
    return made


@pytest.mark.parametrize("verb", ["run", "capacity"])
def test_a_tuning_is_gone_on_with_by_the_verb_that_began_it(tuning: RunStore, verb: str) -> None:
    refused = resumed(tuning, verb=verb)

    assert isinstance(refused.exception, UsageError)
    way = f"jetbench tune --resume {tuning.run_id}"
    assert str(refused.exception).endswith(f"is the search for the best settings; use `{way}`")


def test_a_tuning_goes_on_as_it_began(tuning: RunStore) -> None:
    """Another space over the same records would be another search."""
    refused = resumed(tuning, "--budget", "5m", verb="tune")

    assert isinstance(refused.exception, UsageError)
    assert "leave out FILE and what is sought" in str(refused.exception)


def test_a_tuning_that_breaks_off_says_how_to_go_on(tuning: RunStore) -> None:
    said = " ".join(resumed(tuning, verb="tune").stderr.split())

    assert f"go on with `jetbench tune --resume {tuning.run_id}` when" in said


@pytest.mark.parametrize("words", [("gate", "{run}", "--rules", "no-regression"),
                                   ("compare", "{run}")])  # fmt: skip
def test_what_a_search_picked_is_held_against_nothing_else(
    tuning: RunStore, words: tuple[str, ...]
) -> None:
    """What of it was measured again was chosen for how it had looked."""
    refused = CliRunner().invoke(app, [each.format(run=tuning.run_id) for each in words])

    assert isinstance(refused.exception, UsageError)
    assert f"{tuning.run_id} is the search for the best settings" in str(refused.exception)


def test_a_matrix_is_gone_on_with_by_the_verb_that_began_it(store: RunStore) -> None:
    """It has no range and no goals to seek by."""
    refused = resumed(store, verb="capacity")

    assert isinstance(refused.exception, UsageError)
    assert f"use `jetbench run --resume {store.run_id}`" in str(refused.exception)


@pytest.mark.parametrize("what", ["host", "server", "server_version", "jetbench"])
def test_a_search_is_gone_on_with_where_it_began_alone(
    search: RunStore, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What another host or server carries is no point of this curve."""
    changed: dict[str, Any] = {what: "another"}
    other = replace(search.read_environment(), **changed)
    monkeypatch.setattr("bench.cli.growing.environment.describe", lambda *_: other)

    refused = resumed(search, verb="capacity")

    assert isinstance(refused.exception, UsageError)
    assert "this is another; its trials would not be comparable" in str(refused.exception)


@pytest.mark.parametrize(
    "words", [("gate", "{run}", "--rules", "no-regression"), ("compare", "{run}"),
              ("compare", "one", "{run}")],
)  # fmt: skip
def test_cells_of_a_search_are_held_against_no_other(
    search: RunStore, words: tuple[str, ...]
) -> None:
    """Each offers another rate: what is red or better would be of the rate alone."""
    refused = CliRunner().invoke(app, [each.format(run=search.run_id) for each in words])

    assert isinstance(refused.exception, UsageError)
    said = str(refused.exception)
    assert said.startswith(f"{words[0]}: {search.run_id} is the search for a capacity")
    assert f"`jetbench show {search.run_id}`" in said


def test_a_search_that_breaks_off_says_that_more_than_was_planned_is_to_come(
    search: RunStore,
) -> None:
    """Each look follows from those before it: the plan of now says nothing of the end."""
    said = " ".join(resumed(search, verb="capacity").stderr.split())

    assert "broke off: 0 of 1 trials are kept, of those planned so far," in said
    assert f"go on with `jetbench capacity --resume {search.run_id}` when" in said


def test_a_search_that_breaks_off_keeps_the_plan_that_it_is_held_against(search: RunStore) -> None:
    """It is gone on with by its name alone, and was then held against nothing."""
    assert read_planned(search.path) is None

    resumed(search, "--plan", "next-year", verb="capacity")

    kept = read_planned(search.path)
    assert kept is not None
    assert kept.file.endswith("next-year.yaml")


def test_what_messages_take_is_measured_for_a_plan_that_is_kept(
    search: RunStore, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Who interrupts that after the last trial is told how to go on, too."""

    async def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("bench.cli.planned.measure_storage", interrupted)
    target = EmbeddedTarget(binary=Path("nats-server"), parent=search.path)
    asked = planned.asked_plan("next-year")
    bare = summarise(search)
    assert planned.with_storage(bare, search, target) is bare

    planned.keep_plan(asked, search)
    with pytest.raises(KeyboardInterrupt):
        planned.with_storage(summarise(search), search, target)

    assert f"go on with `jetbench capacity --resume {search.run_id}`" in " ".join(
        capsys.readouterr().err.split()
    )


def test_a_name_that_another_has_amid_a_run_leaves_the_way_on(store: RunStore) -> None:
    """Hours of trials are kept, and the error alone did not say so."""
    result = resumed(store)

    assert isinstance(result.exception, BenchError)
    plan = store.read_plan()
    kept = f"broke off: {len(plan.trials) - 1} of {len(plan.trials)} trials are kept"
    way = f"go on with `jetbench run --resume {store.run_id}` when what is told below is mended"
    assert kept in result.stderr
    assert way in " ".join(result.stderr.split())


def test_the_way_on_names_the_directory_of_the_run(store: RunStore) -> None:
    """It is looked for in results/ where no other is named."""
    moved = RunStore(Path("elsewhere") / store.run_id)
    shutil.move(store.path.parent, moved.path.parent)

    said = " ".join(resumed(moved, "--out", "elsewhere").stderr.split())

    assert f"--resume {store.run_id} --out elsewhere`" in said.replace(f"{Path.cwd()}/", "")


def test_a_disk_is_asked_for_the_largest_trial_that_may_come(
    search: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first probe is the smallest: it says nothing of what fills the disk an hour later."""
    asked: list[Estimate] = []

    async def fit(_plan: object, _target: object, _store: object, expected: Estimate) -> Fitness:
        asked.append(expected)
        return Fitness(server_version="2.15.0", warnings=())

    monkeypatch.setattr("bench.cli.growing.preflight.check", fit)

    resumed(search, verb="capacity")

    (expected,) = asked
    first = estimate(search.read_plan())
    # 200/s over the 5 s and 20 s of a soak, against 100/s over the 2 s and 5 s of a probe
    assert expected.peak_store_bytes / first.peak_store_bytes == pytest.approx(5000 / 700, rel=0.01)
    assert expected.results_bytes > 50 * first.results_bytes
