"""Where verdicts and calibrations are kept: beside the records that they come from."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from bench.core.errors import StorageError
from bench.gate.calibration import CALIBRATION_SCHEMA_VERSION, Calibration
from bench.gate.verdict import GATE_SCHEMA_VERSION, GateResult
from bench.record.checks import instant
from bench.record.reading import Fault, Loc, Schema, read_json
from bench.record.store import RunStore, write_json
from bench.spec.metrics import find_metric

_RESULT = TypeAdapter(GateResult)
_CALIBRATION = TypeAdapter(Calibration)

JUDGED_TYPES: dict[str, TypeAdapter[Any]] = {
    "gate-result": _RESULT,
    "calibration": _CALIBRATION,
}
"""Of each JSON file that judging writes."""


def write_result(store: RunStore, result: GateResult) -> None:
    """Keep the latest verdict on a run as its gate.json; StorageError when the disk refuses."""
    write_json(store.path / "gate.json", _RESULT, result)


def read_result(store: RunStore) -> GateResult | None:
    """Return the latest verdict on a run; None when it was never judged, RecordError if broken."""
    path = store.path / "gate.json"
    if not path.exists():
        return None
    return read_json(
        path, Schema(adapter=_RESULT, version=GATE_SCHEMA_VERSION, check=_result_faults)
    )


def forget_result(store: RunStore) -> None:
    """Remove the latest verdict on a run: it is about to get trials that were not judged.

    Raises:
        StorageError: the disk refuses.
    """
    path = store.path / "gate.json"
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise StorageError(f"{path}: cannot be removed: {error.strerror or error}") from error


def result_json(result: GateResult) -> str:
    """Return a verdict as gate.json holds it."""
    return _RESULT.dump_json(result, indent=1).decode() + "\n"


def write_calibration(results: Path, calibration: Calibration) -> Path:
    """Keep the calibration of this host, in place of an older one; return its path.

    Raises:
        StorageError: the disk refuses.
    """
    path = _calibration_path(results)
    write_json(path, _CALIBRATION, calibration)
    return path


def read_calibration(results: Path) -> Calibration | None:
    """Return the calibration kept with these results; None without one, RecordError if broken."""
    path = _calibration_path(results)
    if not path.exists():
        return None
    version = CALIBRATION_SCHEMA_VERSION
    return read_json(path, Schema(adapter=_CALIBRATION, version=version, check=_calibration_faults))


def _calibration_path(results: Path) -> Path:
    return results / "calibration.json"


def _result_faults(result: GateResult) -> Iterator[Fault]:
    if not result.outcomes or result.verdict is not result.outcomes[0].verdict:
        yield Fault(loc=("verdict",), what="not that of the worst outcome, the first")
    for index, outcome in enumerate(result.outcomes):
        if outcome.unit and find_metric(outcome.metric) is None:
            loc: Loc = ("outcomes", index, "metric")
            yield Fault(loc=loc, what=f"no figure is called {outcome.metric!r}")


def _calibration_faults(calibration: Calibration) -> Iterator[Fault]:
    if instant(calibration.measured_utc) is None:
        yield Fault(loc=("measured_utc",), what="no instant of UTC")
    for index, each in enumerate(calibration.scatters):
        if find_metric(each.metric) is None:
            loc: Loc = ("scatters", index, "metric")
            yield Fault(loc=loc, what=f"no figure is called {each.metric!r}")
        shares = (each.spread, each.visible_5, each.visible_10, each.margin or 0, each.false_red)
        if min(shares) < 0 or each.window_s <= 0:
            yield Fault(loc=("scatters", index), what="a share below 0, or no window")
