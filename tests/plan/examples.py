"""Workloads and cells as small as a test needs them."""

from collections.abc import Mapping, Sequence

from bench.plan.model import Cell, VariantName
from bench.spec.kinds.stream import Stream
from bench.spec.variant import Settings
from bench.spec.workload import Workload


def workload(
    *,
    rate: str = "1000/s",
    arrivals: str = "constant",
    warmup: str = "1s",
    measure: str = "2s",
    payload: Mapping[str, object] | None = None,
    subjects: Mapping[str, object] | None = None,
    headers: Sequence[str] = (),
    time: object = "0s",
) -> Stream:
    """Return a workload with these parts and nothing else of note."""
    return Stream.model_validate(
        {
            "kind": "stream",
            "payload": payload or {"sizes": "128B"},
            "subjects": subjects or {"pattern": "events"},
            "publish": {"rate": rate, "arrivals": arrivals, "headers": headers},
            "consume": {"handler": {"time": time}},
            "phases": {"warmup": warmup, "measure": measure, "drain": "1s"},
        }
    )


def cell(number: int, *, load: Workload | None = None, name: str = "load", **parts: object) -> Cell:
    """Return a cell called `<name>--config.v<number>`."""
    return Cell(
        id=f"{name}--config.v{number}",
        workload_name=name,
        workload=load or workload(),
        variants=(VariantName(config="config", variant=f"v{number}"),),
        settings=Settings.model_validate(parts),
    )
