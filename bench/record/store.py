"""The directory of a run: `results/<run>/`. Whatever is in it was written whole."""

import errno
import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd
from pydantic import TypeAdapter

from bench.core.errors import RecordError, StorageError
from bench.core.paths import there
from bench.plan.model import PLAN_SCHEMA_VERSION, Plan, Trial
from bench.record import checks, hlog, messages, samples, version1
from bench.record.hlog import Interval
from bench.record.messages import Messages
from bench.record.reading import Fault, Schema, read_json
from bench.record.schema import (
    ENVIRONMENT_SCHEMA_VERSION,
    TRIAL_SCHEMA_VERSION,
    Environment,
    TrialRecord,
)
from bench.spec.cast import Cast, spans

T = TypeVar("T")

_LOG, _SAMPLES, _MESSAGES = "latency.hlog", "samples.csv", "messages.npz"

_PLAN = TypeAdapter(Plan)
_ENVIRONMENT = TypeAdapter(Environment)
_TRIAL = TypeAdapter(TrialRecord)

RECORD_TYPES: dict[str, TypeAdapter[Any]] = {
    "plan": _PLAN,
    "environment": _ENVIRONMENT,
    "trial": _TRIAL,
}
"""Of each JSON file of a run, by its stem."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeTrial:
    """All that is kept of a trial: its record, its histograms and its samples."""

    record: TrialRecord
    intervals: Sequence[Interval]
    samples: pd.DataFrame


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
        self,
        record: TrialRecord,
        intervals: Sequence[Interval],
        frame: pd.DataFrame,
        told: Messages | None = None,
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
            log_text = hlog.render(intervals, comment=f"jetbench trial {record.trial_id}")
            parts = {_LOG: log_text.encode(), _SAMPLES: frame.to_csv(index=False).encode()}
            if told is not None:
                parts[_MESSAGES] = messages.packed(told)
            known = replace(record, sha256_of={name: _digest(parts[name]) for name in parts})
            _write_synced(partial / "trial.json", _TRIAL.dump_json(known, indent=1))
            for name, content in parts.items():
                _write_synced(partial / name, content)
            if final.exists():
                shutil.rmtree(final)
            partial.rename(final)
            _sync_directory(final.parent)
        except OSError as error:
            shutil.rmtree(partial, ignore_errors=True)
            raise _storage_error(final, error) from error

    def read_plan(self) -> Plan:
        """Return the plan; RecordError when it is missing or broken."""
        path = self.path / "plan.json"
        return read_json(
            path, Schema(adapter=_PLAN, version=PLAN_SCHEMA_VERSION, check=checks.plan_faults)
        )

    def read_environment(self) -> Environment:
        """Return the environment; RecordError when it is missing or broken."""
        path = self.path / "environment.json"
        check = checks.environment_faults
        version = ENVIRONMENT_SCHEMA_VERSION
        return read_json(path, Schema(adapter=_ENVIRONMENT, version=version, check=check))

    def kept(self, plan: Plan) -> tuple[Trial, ...]:
        """Return the trials of a plan that are on disk, in the order they ran.

        Whatever else lies in `trials/` is nobody's record, and no verb looks at it.
        """
        return tuple(trial for trial in plan.trials if there(self._trial_path(trial.id)))

    def read_trial(self, trial: Trial, cast: Cast | None = None) -> TrialRecord:
        """Return a trial's record; RecordError when it is missing, broken or another trial's.

        Args:
            trial: of the plan.
            cast: of its cell: a record that tells of other parts is no record of it, and whoever
                judges must say so. None where the record alone is looked at.
        """

        def faults(record: TrialRecord) -> Iterator[Fault]:
            yield from checks.stranger_faults(record, trial)
            yield from checks.trial_faults(record)
            if cast is not None:
                yield from checks.other_parts(record, cast)

        schema = Schema(
            adapter=_TRIAL,
            version=TRIAL_SCHEMA_VERSION,
            check=faults,
            older={1: version1.upgraded},
        )
        return read_json(self._trial_path(trial.id) / "trial.json", schema)

    def read_whole(self, trial: Trial, cast: Cast | None = None) -> WholeTrial:
        """Return all that is kept of a trial, its record read as `read_trial` does.

        Raises:
            RecordError: a part is missing or broken.
        """
        path, record = self._trial_path(trial.id), self.read_trial(trial, cast)
        whole = WholeTrial(
            record=record,
            intervals=hlog.read(path / _LOG, _most(record)),
            samples=samples.read(path / _SAMPLES),
        )
        for name in (_LOG, _SAMPLES):
            _require_as_written(path / name, record.sha256_of)
        return whole

    def read_messages(self, trial: Trial, record: TrialRecord) -> Messages | None:
        """Return what is kept of a trial's messages; None of one that never began, and of old ones.

        Raises:
            RecordError: the file is missing, broken, or not what was written.
        """
        if _MESSAGES not in record.sha256_of:
            return None
        path = self._trial_path(trial.id) / _MESSAGES
        told = messages.read(path)
        _require_as_written(path, record.sha256_of)
        return told

    def _trial_path(self, trial_id: str) -> Path:
        return self.path / "trials" / trial_id


def _most(record: TrialRecord) -> Mapping[str, int]:
    """Return of how many operations at most each time can have been recorded."""
    return {
        name: record.known(record.cast.planned(part)) or 0
        for name, (part, _) in spans(record.cast).items()
    }


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


def _require_as_written(path: Path, digests: Mapping[str, str]) -> None:
    """Refuse a file that reads well and is not what was written: cut short between two lines."""
    wanted = digests.get(path.name)
    if wanted is not None and _digest(path.read_bytes()) != wanted:
        raise RecordError(
            f"{path}: not what was written: cut short, or changed since; its trial.json knows "
            "another content"
        )


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


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
    advice = "; free some space, then go on with the run" if full else ""
    return StorageError(f"{path}: cannot be written: {error.strerror or error}{advice}")
