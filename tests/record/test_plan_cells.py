"""A plan on disk is what was planned, whatever was asked of its cells before."""

from pathlib import Path

from bench.plan.model import PLAN_SCHEMA_VERSION, Plan
from bench.plan.order import order
from bench.record.store import RunStore
from tests.plan.examples import cell


def test_the_cast_of_a_cell_is_made_once_and_not_written(tmp_path: Path) -> None:
    """It follows from the workload and the settings."""
    asked, fresh = cell(1), cell(1)
    assert asked.cast is asked.cast

    written = []
    for name, each in (("asked", asked), ("fresh", fresh)):
        store = RunStore(tmp_path / name)
        store.path.mkdir()
        plan = Plan(
            schema_version=PLAN_SCHEMA_VERSION,
            label="x",
            question="",
            config_questions=(),
            seed=1,
            blocks=1,
            quick=False,
            cells=(each,),
            trials=order([each], blocks=1, seed=1),
        )
        store.write_plan(plan)
        written.append((store.path / "plan.json").read_text("utf-8"))
        assert store.read_plan() == plan

    assert written[0] == written[1]
    assert asked == fresh
