"""What is kept of a plan, and of messages that were laid: refused where it is broken."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench.core.errors import RecordError
from bench.record import planned, storage
from bench.record.planned import Planned, read_planned, write_planned
from bench.record.storage import Storage, Stored, read_storage, write_storage
from bench.spec.capacity_plan import CapacityPlan

Json = dict[str, Any]

STORED = Stored(
    base_id="w--a",
    compression="s2",
    messages=24_000,
    payload_bytes=24_576_000,
    stream_bytes=25_608_000,
    open_bytes=444_939,
    disk_bytes=12_288_549,
)
STORAGE = Storage(
    schema_version=1,
    measured_utc="2026-11-28T12:00:00+00:00",
    server_version="2.15.1",
    stored=(STORED,),
)
PLANNED = Planned(
    schema_version=1,
    file="p.yaml",
    planned_utc="2026-11-28T12:00:00+00:00",
    plan=CapacityPlan.model_validate(
        {
            "today": "40/s",
            "growth": "4%/month",
            "retention": {"max_age": "7d"},
            "as_of": "2026-11-28",
        }
    ),
)


def test_both_are_read_back_as_they_were_kept(tmp_path: Path) -> None:
    assert (read_storage(tmp_path), read_planned(tmp_path)) == (None, None)

    write_storage(tmp_path, STORAGE)
    write_planned(tmp_path, PLANNED)

    assert read_storage(tmp_path) == STORAGE
    assert read_planned(tmp_path) == PLANNED


def test_what_is_compressed_is_told_of_full_blocks_alone() -> None:
    """25 163 061 by the server's count are 12 288 549 in files: 48.836 % of 1 067 B a message."""
    assert STORED.stream_bytes_per_msg == 1067
    assert STORED.disk_bytes_per_msg == pytest.approx(1067 * 0.488356, rel=1e-5)
    only_open = replace(STORED, open_bytes=25_608_000, disk_bytes=0)
    assert only_open.disk_bytes_per_msg == 1067


def changed(path: Path, change: Callable[[Json], object]) -> None:
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


@pytest.mark.parametrize(
    "change",
    [
        lambda told: told["stored"][0].update(messages=0),
        lambda told: told["stored"][0].update(messages=-5),
        lambda told: told["stored"][0].update(messages=1e400),
        lambda told: told["stored"][0].update(open_bytes=99_999_999),
        lambda told: told["stored"][0].update(disk_bytes=0),
        lambda told: told["stored"][0].update(disk_bytes=-1),
        lambda told: told["stored"][0].update(stream_bytes=9),
        lambda told: told["stored"][0].update(compression="gzip"),
        lambda told: told["stored"][0].update(compression="none", disk_bytes=99),
        lambda told: told.update(measured_utc="yesterday"),
        lambda told: told.update(schema_version=9),
        lambda told: told.pop("stored") and told.update(stored="all"),
    ],
)
def test_a_storage_that_cannot_be_is_refused(
    tmp_path: Path, change: Callable[[Json], object]
) -> None:
    """A made-up figure would go through every sum of a plan."""
    write_storage(tmp_path, STORAGE)
    changed(tmp_path / storage.NAME, change)

    with pytest.raises(RecordError, match=storage.NAME):
        read_storage(tmp_path)


@pytest.mark.parametrize(
    "change",
    [
        lambda told: told["plan"].update(growth="-100%/month"),
        lambda told: told["plan"].update(today="-5/s"),
        lambda told: told["plan"].update(replicas=2),
        lambda told: told["plan"].pop("as_of"),
        lambda told: told["plan"].update(as_of="soon"),
        lambda told: told.update(planned_utc="soon"),
        lambda told: told.update(file="\x1b[31mp.yaml"),
        lambda told: told.update(schema_version=9),
        lambda told: told.pop("plan"),
    ],
)
def test_a_plan_that_is_none_is_refused(tmp_path: Path, change: Callable[[Json], object]) -> None:
    write_planned(tmp_path, PLANNED)
    changed(tmp_path / planned.NAME, change)

    with pytest.raises(RecordError, match=planned.NAME):
        read_planned(tmp_path)


def test_a_plan_for_variants_of_another_run_is_refused(tmp_path: Path) -> None:
    asked = PLANNED.plan.model_copy(update={"variants": ("c/a",)})
    write_planned(tmp_path, replace(PLANNED, plan=asked))

    assert read_planned(tmp_path, ("c/a", "c/b")) is not None
    with pytest.raises(RecordError, match="no such variant"):
        read_planned(tmp_path, ("c/b",))


@pytest.mark.parametrize("name", [storage.NAME, planned.NAME])
def test_a_file_that_was_cut_short_is_refused(tmp_path: Path, name: str) -> None:
    write_storage(tmp_path, STORAGE)
    write_planned(tmp_path, PLANNED)
    path = tmp_path / name
    path.write_bytes(path.read_bytes()[:40])

    with pytest.raises(RecordError, match=name):
        (read_storage if name == storage.NAME else read_planned)(tmp_path)
