"""Where verdicts and calibrations are kept: beside the records that they come from."""

from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from bench.gate.calibration import CALIBRATION_SCHEMA_VERSION, Calibration
from bench.gate.verdict import GATE_SCHEMA_VERSION, GateResult
from bench.record.store import RunStore, read_json, write_json

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
    return read_json(path, _RESULT, GATE_SCHEMA_VERSION) if path.exists() else None


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
    return read_json(path, _CALIBRATION, CALIBRATION_SCHEMA_VERSION) if path.exists() else None


def _calibration_path(results: Path) -> Path:
    return results / "calibration.json"
