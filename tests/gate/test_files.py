"""What judging keeps: read as it was written, and refused by its place where it was changed."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench.core.errors import RecordError, StorageError
from bench.gate.calibration import Calibration, calibrate
from bench.gate.files import (
    forget_result,
    read_calibration,
    read_result,
    result_json,
    write_calibration,
    write_result,
)
from bench.record.store import RunStore
from tests.gate.figures import run_of
from tests.gate.outcomes import OUTCOMES, result_of

RESULT = result_of(*OUTCOMES, warnings=("It is a look.",))


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    """A run that was judged."""
    judged = RunStore(tmp_path / "run")
    write_result(judged, RESULT)
    return judged


@pytest.fixture
def calibration() -> Calibration:
    """Of a host on which equal cells hardly differ."""
    return calibrate(run_of({"one": (10.0, 10.1, 9.9), "other": (10.0, 9.9, 10.2)}))


def overwrite(path: Path, place: str, value: object) -> None:
    """Change one value of a JSON file, named by its keys: `outcomes.2.metric`."""
    top: Any = json.loads(path.read_text())
    *above, last = (int(key) if key.isdigit() else key for key in place.split("."))
    inner = top
    for key in above:
        inner = inner[key]
    inner[last] = value
    path.write_text(json.dumps(top, indent=1))


def test_a_verdict_reads_as_it_was_written(store: RunStore) -> None:
    """Every view is built from what stands in the file."""
    assert read_result(store) == RESULT


def test_a_verdict_is_printed_as_it_is_kept(store: RunStore) -> None:
    """`--json` and gate.json hold the same, a key on each line; what is printed ends its line."""
    printed = result_json(RESULT)

    assert printed == (store.path / "gate.json").read_text() + "\n"
    assert printed.splitlines()[:3] == ["{", ' "schema_version": 1,', ' "run_id": "gate-1",']


def test_a_run_that_was_never_judged_has_no_verdict(tmp_path: Path) -> None:
    """Nor is that an error: most runs are looked at and not judged."""
    assert read_result(RunStore(tmp_path)) is None


def test_a_verdict_is_forgotten(store: RunStore) -> None:
    """More trials are about to come, and `show` must not repeat what was said without them."""
    forget_result(store)
    forget_result(store)

    assert read_result(store) is None


def test_a_verdict_that_cannot_be_forgotten_is_told(store: RunStore) -> None:
    """A report would show it over trials that it never saw."""
    path = store.path / "gate.json"
    path.unlink()
    path.mkdir()

    with pytest.raises(StorageError, match=r"run/gate\.json: cannot be removed: Is a directory"):
        forget_result(store)


@pytest.mark.parametrize(
    ("place", "value", "complaint"),
    [
        ("schema_version", 2, "schema version 2; this jetbench reads 1"),
        ("verdict", "pass", "verdict: not that of the worst outcome, the first"),
        ("outcomes", [], "verdict: not that of the worst outcome, the first"),
        ("outcomes.2.metric", "speed", r"outcomes\.2\.metric: no figure is called 'speed'"),
    ],
)
def test_a_verdict_that_does_not_fit_together_is_refused(
    store: RunStore, place: str, value: object, complaint: str
) -> None:
    """A file that says pass above a broken gate must not be shown as green."""
    overwrite(store.path / "gate.json", place, value)

    with pytest.raises(RecordError, match=complaint):
        read_result(store)


def test_a_count_is_no_figure_and_needs_none(store: RunStore) -> None:
    """`lost` has no unit, and no list of figures holds it."""
    *others, passed = OUTCOMES
    counted = result_of(*others, replace(passed, metric="lost", unit=""))
    write_result(store, counted)

    assert read_result(store) == counted


def test_a_calibration_reads_as_it_was_written(tmp_path: Path, calibration: Calibration) -> None:
    """Before it was measured there is none, and no error either."""
    before = read_calibration(tmp_path)

    path = write_calibration(tmp_path, calibration)

    assert before is None
    assert path == tmp_path / "calibration.json"
    assert read_calibration(tmp_path) == calibration


@pytest.mark.parametrize(
    ("place", "value", "complaint"),
    [
        ("schema_version", 2, "schema version 2; this jetbench reads 1"),
        ("measured_utc", "yesterday", "measured_utc: no instant of UTC"),
        ("scatters.1.metric", "speed", r"scatters\.1\.metric: no figure is called 'speed'"),
        ("scatters.1.window_s", 0.0, r"scatters\.1: a share below 0, or no window"),
        ("scatters.1.spread", -0.01, r"scatters\.1: a share below 0, or no window"),
        ("scatters.1.visible_5", -0.01, r"scatters\.1: a share below 0, or no window"),
        ("scatters.1.visible_10", -0.01, r"scatters\.1: a share below 0, or no window"),
        ("scatters.1.margin", -0.01, r"scatters\.1: a share below 0, or no window"),
        ("scatters.1.false_red", -0.01, r"scatters\.1: a share below 0, or no window"),
    ],
)
def test_a_calibration_that_cannot_be_is_refused(
    tmp_path: Path, calibration: Calibration, place: str, value: object, complaint: str
) -> None:
    """A scatter below 0 would call every margin visible."""
    overwrite(write_calibration(tmp_path, calibration), place, value)

    with pytest.raises(RecordError, match=complaint):
        read_calibration(tmp_path)


def test_a_figure_that_never_scatters_may_be_calibrated(
    tmp_path: Path, calibration: Calibration
) -> None:
    """Bytes per message are the same in every block; half a second of window is one."""
    first, *others = calibration.scatters
    still = replace(
        first, window_s=0.5, spread=0.0, visible_5=0.0, visible_10=0.0, margin=None, false_red=0.0
    )
    whole = replace(calibration, scatters=(still, *others))
    write_calibration(tmp_path, whole)

    assert read_calibration(tmp_path) == whole
