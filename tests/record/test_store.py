"""What is read of a trial is what was written of it."""

import json
from pathlib import Path

import numpy as np
import pytest

from bench.core.errors import RecordError
from bench.record.store import RunStore
from tests.analysis import runs
from tests.parts import Time


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    """A run of one trial on disk."""
    made = runs.store(tmp_path / "run", runs.plan([runs.cell("only")], blocks=1))
    trial = made.read_plan().trials[0]
    seconds = [np.full(1000, 1_000_000)] * 14
    made.write_trial(runs.record(trial), runs.intervals({Time.SLIP: seconds}), runs.sampled([1, 2]))
    return made


def test_a_trial_reads_as_it_was_written(store: RunStore) -> None:
    """The digests are no part of what a record says."""
    trial = store.read_plan().trials[0]

    assert store.read_whole(trial).record == runs.record(trial)


def test_findings_that_do_not_say_whom_they_befell_are_read(store: RunStore) -> None:
    """As of versions that kept no role; what they excuse is another question."""
    trial = store.read_plan().trials[0]
    path = store.path / "trials" / trial.id / "trial.json"
    old = {"level": "invalid", "code": "connection-fault", "text": "It broke."}
    path.write_text(json.dumps(json.loads(path.read_text()) | {"findings": [old]}))

    (finding,) = store.read_trial(trial).findings

    assert (finding.code, finding.role) == ("connection-fault", "")


@pytest.mark.parametrize("name", ["latency.hlog", "samples.csv"])
def test_a_file_cut_between_two_lines_is_refused(store: RunStore, name: str) -> None:
    """It reads well, and without its slowest second the p99 is a better one."""
    trial = store.read_plan().trials[0]
    path = store.path / "trials" / trial.id / name
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-1]))

    with pytest.raises(RecordError, match=f"{name}: not what was written"):
        store.read_whole(trial)
