"""What stays on a user's server is never silent: it stands in the record, or is said."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from bench.broker import admin
from bench.broker.endpoint import Endpoint
from bench.broker.server import NO_STORES, Server, Stores
from bench.core.errors import MeasurementError, NameCollisionError
from bench.record.schema import TrialRecord
from bench.record.store import RunStore
from bench.runner.matrix import Run, run_matrix
from bench.runner.quiet import Patience
from bench.runner.target import RemoteTarget
from bench.scenario.kind import UncleanError
from bench.spec.variant import ServerSettings, Settings
from tests.server.running import Collector, plan_of, workload

URL = "nats://nowhere:4222"


class Warned(Collector):
    """A watcher that keeps what it is warned of."""

    def __init__(self) -> None:
        super().__init__(on_moment=lambda _: None)
        self.warnings: list[str] = []

    def warns(self, text: str) -> None:
        self.warnings.append(text)


class Nobody:
    """A connection that has ended."""

    async def close(self) -> None:
        """Nothing to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere(RemoteTarget):
    """A user's server that nothing is asked of."""

    @asynccontextmanager
    async def serving(
        self, settings: ServerSettings, stores: Stores = NO_STORES
    ) -> AsyncIterator[tuple[Server, Endpoint]]:
        """Return it as it is."""
        del settings
        yield Server(url=URL), self.endpoint


def run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException, removal: str
) -> tuple[list[TrialRecord], list[str]]:
    """A trial that fails so as it is provisioned; return its record, if any, and the warnings."""

    async def connect(*_: object, **__: object) -> Nobody:
        return Nobody()

    async def provision(*_: object, **__: object) -> None:
        raise error

    async def clean_up(*_: object) -> str:
        return removal

    monkeypatch.setattr(admin, "connect", connect)
    monkeypatch.setattr(admin, "provision", provision)
    monkeypatch.setattr(admin, "clean_up", clean_up)
    watcher = Warned()
    walk = Run(
        plan=plan_of(workload(), Settings()),
        store=RunStore(tmp_path / "results" / "run"),
        target=Elsewhere(endpoint=Endpoint(url=URL), parent=tmp_path),
        watcher=watcher,
        patience=Patience(0.0),
    )
    try:
        asyncio.run(run_matrix(walk))
    except type(error):
        pass
    return [kept.record for kept in watcher.kept], watcher.warnings


def test_what_a_trial_that_never_began_leaves_stands_in_its_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stream was made and its consumer refused; only the refusal was told."""
    records, _ = run(tmp_path, monkeypatch, MeasurementError("refused"), "no answer")

    (record,) = records
    assert [finding.code for finding in record.findings] == ["not-started", "left-behind"]
    assert record.findings[0].text == "refused"
    assert "(no answer); `nats stream rm JETBENCH" in record.findings[1].text


def test_what_an_interrupted_trial_leaves_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has no record that could hold it."""
    records, warnings = run(tmp_path, monkeypatch, asyncio.CancelledError(), "no answer")

    (warning,) = warnings
    assert records == []
    assert "could not be removed from the server" in warning


@pytest.mark.parametrize("error", [MeasurementError("refused"), asyncio.CancelledError()])
def test_where_nothing_stays_nothing_is_said(
    error: BaseException, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The usual end."""
    records, warnings = run(tmp_path, monkeypatch, error, "")

    assert warnings == []
    assert [len(record.findings) for record in records] in ([], [1])


def test_a_stream_of_somebody_else_is_nothing_of_ours_that_stays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Advice to remove it would cost its owner his messages."""

    async def remove(*_: object) -> None:
        raise NameCollisionError("stream x exists and is not this run's")

    monkeypatch.setattr(admin, "remove", remove)
    names = admin.trial_names("run", 1)

    assert asyncio.run(admin.clean_up(Nobody(), names)) == ""  # type: ignore[arg-type]
    assert UncleanError.exit_code == MeasurementError.exit_code
