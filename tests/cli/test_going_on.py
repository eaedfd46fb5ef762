"""A run that breaks off says how to go on with it: what was measured is kept."""

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bench.cli.verbs import app
from bench.core.errors import BenchError, NameCollisionError
from bench.record.store import RunStore
from bench.runner.preflight import Fitness
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

    monkeypatch.setattr("bench.cli.run.preflight.check", fit)
    found = made.read_environment()
    monkeypatch.setattr("bench.cli.run.environment.describe", lambda *_: found)
    monkeypatch.setattr("bench.cli.run.run_matrix", breaks_off)
    return made


def resumed(store: RunStore, *more: str) -> Result:
    return CliRunner().invoke(app, ["run", "--resume", store.run_id, "--no-tui", *more])


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
