"""Whether what came out of an import would be run as it stands."""

from dataclasses import dataclass
from pathlib import Path

from bench.importing.model import Imported
from bench.importing.writing import VARIANT, texts
from bench.spec.load import LoadedMatrix, load_matrix
from bench.spec.variant import Settings
from bench.spec.workload import Workload

NAME = "imported"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ours:
    """What was read back from the written files."""

    workload: Workload
    settings: Settings


def read_back(imported: Imported, directory: Path) -> Ours:
    """Write the files and read them as a run does: every rule of ours is asked."""
    places = {"workload": "workloads", "config": "configs", "matrix": "configs/matrices"}
    for kind, text in texts(imported, NAME).items():
        path = directory / places[kind] / f"{NAME}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    loaded: LoadedMatrix = load_matrix(NAME, [directory])
    return Ours(workload=loaded.workloads[NAME], settings=loaded.configs[0].variants[VARIANT])


def lost(imported: Imported) -> dict[str, str]:
    """What could not be carried over, and why, by its key."""
    return {each.key: each.why for each in imported.lost}
