from pathlib import Path

import pytest
from pydantic import TypeAdapter

from bench.core.errors import UsageError
from bench.core.units import NS_PER_S
from bench.plan.build import make_plan
from bench.plan.model import Plan
from bench.spec.load import LoadedMatrix, load_matrix
from bench.spec.lookup import shipped_root
from tests.spec.files import WORKLOAD, write_all


@pytest.fixture
def full() -> LoadedMatrix:
    return load_matrix("full", search=[shipped_root()])


def test_a_plan_holds_the_matrix(full: LoadedMatrix) -> None:
    """14 distinct settings x 2 workloads x 5 blocks."""
    plan = make_plan(full)

    assert (len(plan.cells), len(plan.trials), plan.blocks, plan.seed) == (28, 140, 5, 1)
    assert [asked.config for asked in plan.config_questions] == [c.name for c in full.configs]
    assert not plan.quick


def test_a_plan_reads_back_as_it_was_written(full: LoadedMatrix) -> None:
    """A run is resumed, and a report rebuilt, from plan.json alone."""
    adapter = TypeAdapter(Plan)
    plan = make_plan(full)

    assert adapter.validate_json(adapter.dump_json(plan)) == plan


def test_quick_shortens_the_phases_and_says_so(full: LoadedMatrix) -> None:
    """A look takes seconds a trial, and nobody may take it for a measurement."""
    plan = make_plan(full, quick=True)
    phases = plan.cells[0].workload.phases

    assert plan.quick
    assert (phases.warmup_ns, phases.measure_ns, phases.drain_ns) == (
        2 * NS_PER_S,
        5 * NS_PER_S,
        5 * NS_PER_S,
    )


def test_quick_never_lengthens_a_phase(tmp_path: Path) -> None:
    """Phases of 1 s stay as they are."""
    loaded = load_matrix(write_all(tmp_path), [tmp_path])

    assert make_plan(loaded, quick=True).cells == make_plan(loaded).cells


def test_quick_refuses_a_load_too_thin_for_it(tmp_path: Path) -> None:
    """Eight messages a minute leave none in five seconds: no figure could come of it."""
    workload = WORKLOAD.replace("100/s", "8/min")
    matrix = "label: x\nworkloads: [load]\nconfigs: [sizes]\n"
    loaded = load_matrix(write_all(tmp_path, workload=workload, matrix=matrix), [tmp_path])

    with pytest.raises(UsageError, match="--quick: workload load: no message falls"):
        make_plan(loaded, quick=True)


def test_blocks_and_seed_may_be_given(full: LoadedMatrix) -> None:
    """For one more block, or another order, without another file."""
    plan = make_plan(full, blocks=2, seed=99)

    assert (plan.blocks, plan.seed, len(plan.trials)) == (2, 99, 56)
    assert plan.trials != make_plan(full, blocks=2).trials
