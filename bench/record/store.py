"""The directory of a run: `results/<run>/`. Whatever is in it was written whole."""

import errno
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd
from pydantic import TypeAdapter, ValidationError

from bench.core.errors import RecordError, StorageError
from bench.plan.model import PLAN_SCHEMA_VERSION, Plan
from bench.record import hlog, samples
from bench.record.hlog import Interval
from bench.record.schema import (
    ENVIRONMENT_SCHEMA_VERSION,
    TRIAL_SCHEMA_VERSION,
    Environment,
    TrialRecord,
)

T = TypeVar("T")

_PLAN = TypeAdapter(Plan)
_ENVIRONMENT = TypeAdapter(Environment)
_TRIAL = TypeAdapter(TrialRecord)

RECORD_TYPES: dict[str, TypeAdapter[Any]] = {
    "plan": _PLAN,
    "environment": _ENVIRONMENT,
    "trial": _TRIAL,
}
"""Of each JSON file of a run, by its stem."""


@dataclass(frozen=True, slots=True)
class RunStore:
    """One run on disk.

    Attributes:
        path: `results/<run>`.
    """

    path: Path

    @property
    def run_id(self) -> str:
        """Name of the run's directory."""
        return self.path.name

    def write_plan(self, plan: Plan) -> None:
        """Write plan.json; StorageError when the disk refuses."""
        write_json(self.path / "plan.json", _PLAN, plan)

    def write_environment(self, environment: Environment) -> None:
        """Write environment.json; StorageError when the disk refuses."""
        write_json(self.path / "environment.json", _ENVIRONMENT, environment)

    def write_trial(
        self, record: TrialRecord, intervals: Sequence[Interval], frame: pd.DataFrame
    ) -> None:
        """Write a trial's directory whole: a temporary one, fsync, rename. Replaces an old one.

        Raises:
            StorageError: the disk refuses; nothing of this trial is left behind.
        """
        final = self._trial_path(record.trial_id)
        partial = final.with_name(f".{final.name}.partial")
        try:
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir(parents=True)
            _write_synced(partial / "trial.json", _TRIAL.dump_json(record, indent=1))
            log_text = hlog.render(intervals, comment=f"jetbench trial {record.trial_id}")
            _write_synced(partial / "latency.hlog", log_text.encode())
            _write_synced(partial / "samples.csv", frame.to_csv(index=False).encode())
            if final.exists():
                shutil.rmtree(final)
            partial.rename(final)
            _sync_directory(final.parent)
        except OSError as error:
            shutil.rmtree(partial, ignore_errors=True)
            raise _storage_error(final, error) from error

    def read_plan(self) -> Plan:
        """Return the plan; RecordError when it is missing or broken."""
        return read_json(self.path / "plan.json", _PLAN, PLAN_SCHEMA_VERSION)

    def read_environment(self) -> Environment:
        """Return the environment; RecordError when it is missing or broken."""
        path = self.path / "environment.json"
        return read_json(path, _ENVIRONMENT, ENVIRONMENT_SCHEMA_VERSION)

    def trial_ids(self) -> tuple[str, ...]:
        """Return the ids of the trials on disk, in the order they ran."""
        root = self.path / "trials"
        if not root.is_dir():
            return ()
        return tuple(sorted(p.name for p in root.iterdir() if not p.name.startswith(".")))

    def read_trial(self, trial_id: str) -> TrialRecord:
        """Return a trial's record; RecordError when it is missing or broken."""
        path = self._trial_path(trial_id) / "trial.json"
        return read_json(path, _TRIAL, TRIAL_SCHEMA_VERSION)

    def read_intervals(self, trial_id: str) -> Sequence[Interval]:
        """Return a trial's histograms; RecordError when they are missing or broken."""
        return hlog.read(self._trial_path(trial_id) / "latency.hlog")

    def read_samples(self, trial_id: str) -> pd.DataFrame:
        """Return a trial's samples; RecordError when they are missing or broken."""
        return samples.read(self._trial_path(trial_id) / "samples.csv")

    def _trial_path(self, trial_id: str) -> Path:
        return self.path / "trials" / trial_id


def write_json(path: Path, adapter: TypeAdapter[T], value: T) -> None:
    """Write a JSON file whole, or leave what was there; StorageError when the disk refuses."""
    partial = path.with_name(f".{path.name}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_synced(partial, adapter.dump_json(value, indent=1))
        partial.replace(path)
        _sync_directory(path.parent)
    except OSError as error:
        raise _storage_error(path, error) from error


def read_json(path: Path, adapter: TypeAdapter[T], version: int) -> T:
    """Return what a JSON file holds; RecordError when it is missing, broken or too new."""
    try:
        value = adapter.validate_json(path.read_bytes())
    except OSError as error:
        raise RecordError(f"{path}: cannot be read: {error.strerror}") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise RecordError(
            f"{path}: not a record of this version: {place}: {first['msg']}"
        ) from error
    found = getattr(value, "schema_version", None)
    if found != version:
        raise RecordError(f"{path}: schema version {found}; this jetbench reads {version}")
    return value


def _write_synced(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _storage_error(path: Path, error: OSError) -> StorageError:
    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    advice = "; free some space, then go on with `jetbench run --resume`" if full else ""
    return StorageError(f"{path}: cannot be written: {error.strerror or error}{advice}")
