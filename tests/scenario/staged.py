"""Who would take part in a trial of a shipped workload, where nobody is asked to begin."""

from pathlib import Path
from typing import Any

from bench.broker.admin import trial_names
from bench.broker.endpoint import Endpoint
from bench.engine.trial import Scene
from bench.plan.model import Cell, Trial
from bench.plan.traffic import make_traffics
from bench.scenario.kind import Stage
from bench.scenario.registry import KINDS
from bench.spec.load import load_workload
from bench.spec.workload import Phases
from tests.plan.examples import cell

NAMES = trial_names("run", 1)
SHORT = Phases.model_validate({"warmup": "100ms", "measure": "1s", "drain": "1s"})


def made_of(name: str, **settings: Any) -> Cell:
    """Return a cell of a shipped workload, as short as a look."""
    load = load_workload(Path(f"workloads/{name}.yaml")).in_short(SHORT)
    return cell(1, load=load, **settings)


def staged(made: Cell) -> tuple[Stage, Scene]:
    """Return where a trial of a cell would take place, and with whom."""
    kind = KINDS[made.workload.kind]
    nobody: Any = None
    names = kind.named(NAMES)
    stage = Stage(
        server=nobody,
        endpoint=Endpoint(url="nats://127.0.0.1:4222"),
        client=nobody,
        names=names,
        things=kind.things(names, made),
        directory=Path(),
        warn=print,
    )
    trial = Trial(id="t", index=1, cell_id=made.id, block=1, seed=1)
    return stage, kind.scene(stage, trial, made, make_traffics(made.workload.loads, 1))
