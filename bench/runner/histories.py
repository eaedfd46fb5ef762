"""What is laid before trials, once for all of a block that begin with the same.

Trials of a block have the same traffic. Where what they vary does not touch the stream either, they
begin with the same store: it is laid on an embedded server of its own and kept when that has ended,
and each trial's own server begins with a copy of it. No trial can change what the next one gets,
however it ends; and all of them begin alike, on a server that has just read its store.
"""

import os
import tempfile
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from bench.broker import admin, guardian
from bench.broker.admin import Names
from bench.broker.server import Stores
from bench.core import text
from bench.core.errors import MeasurementError, ServerUnavailableError
from bench.engine.trial import Watch
from bench.plan.model import Cell, Trial
from bench.plan.shared import begins_alike
from bench.record.schema import Finding, Level
from bench.runner.target import EmbeddedTarget, Target
from bench.scenario.kind import Kind, Stage
from bench.scenario.laying import is_laid, lay_apart
from bench.scenario.registry import KINDS
from bench.spec.variant import ServerSettings

PREFIX = "jetbench-laid-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A trial that is to begin with what was laid.

    Attributes:
        trial, cell: of the plan.
        kind: of the cell's workload.
        target: what it measures.
        names: what its things would be called.
    """

    trial: Trial
    cell: Cell
    kind: Kind
    target: Target
    names: Names


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """A store that holds what was laid, and who laid it wrote down.

    Attributes:
        directory: of both; held, so that the next run removes it if this one is killed.
        lock: closed when it is given up.
        names: of the stream in it.
        messages: in it.
        trials: that begin with it.
        laid_by: version of the server that laid it; empty where nobody asked.
    """

    directory: Path
    lock: int
    names: Names
    messages: int
    trials: int
    laid_by: str = ""

    @property
    def stores(self) -> Stores:
        """What a server begins with."""
        return Stores(begins_with=self.directory / "store")

    def told(self) -> tuple[Finding, ...]:
        """Return what a record says of it; nothing where no other trial begins with it."""
        if self.trials < 2:
            return ()
        words = (
            f"its {text.count(self.messages)} messages were laid once for the {self.trials} trials "
            "of the block that begin with them; its server began with a copy of that store"
        )
        return (Finding(level=Level.NOTE, code="laid-once", text=words),)

    def give_up(self) -> None:
        """Remove it and let it go."""
        guardian.remove(str(self.directory))
        if self.lock >= 0:
            os.close(self.lock)


@dataclass(slots=True)
class Histories:
    """What is laid for the trials of a run.

    Attributes:
        wanted: how many trials are still to begin with the same, by what that is.
        kept: of those what is laid by now; None where it could not be, and each trial lays its own.
    """

    wanted: Counter[str] = field(default_factory=Counter)
    kept: dict[str, History | None] = field(default_factory=dict)

    @classmethod
    def of(cls, keys: Sequence[str | None]) -> "Histories":
        """Return those of trials by what they begin with; None of one that lays its own."""
        return cls(wanted=Counter(filter(None, keys)))

    async def found(self, key: str | None, ask: Ask, watch: Watch) -> History | None:
        """Return what a trial begins with, laid now if need be; None where it lays its own."""
        if key is None:
            return None
        if key not in self.kept:
            self.kept[key] = await _laid(ask, self.wanted[key], watch)
        return self.kept[key]

    def spoilt(self, key: str | None) -> None:
        """Give up one that is not what it was: the next trial that wants it has it laid anew."""
        if key is not None and (known := self.kept.pop(key, None)) is not None:
            known.give_up()

    def done_with(self, key: str | None) -> None:
        """Note that a trial is over; what no other one wants is removed."""
        if key is not None:
            self.wanted[key] -= 1
            if self.wanted[key] <= 0:
                self.spoilt(key)

    def close(self) -> None:
        """Remove all of them."""
        for key in tuple(self.kept):
            self.spoilt(key)


def key_of(cell: Cell, kind: Kind, trial: Trial, target: object) -> str | None:
    """Return what a trial begins with, the same for trials that may share it; None where it lays.

    What is kept in memory does not outlive its server; what a user's server holds is not ours to
    copy.
    """
    if not isinstance(target, EmbeddedTarget) or not kind.lays_apart(cell):
        return None
    seed = "" if cell.settings.stream.history is not None else trial.seed
    return f"{target}/{begins_alike(cell)}/{seed}"


def told(cell: Cell, history: History | None) -> tuple[Finding, ...]:
    """Return what a record says of what its trial began with.

    Args:
        cell: of the plan.
        history: that it began with a copy of; None where it laid all by itself.
    """
    past = cell.settings.stream.history
    if past is None:
        return history.told() if history is not None else ()
    how = "laid by this trial alone, before it began"
    if history is not None:
        how = (
            f"laid once by nats-server {history.laid_by}, used by "
            f"{text.plural(history.trials, 'trial')}; its server began with a copy"
        )
    words = f"on a store with {past.told()}; {how}"
    return (Finding(level=Level.NOTE, code="aged-store", text=words),)


async def _laid(ask: Ask, trials: int, watch: Watch) -> History | None:
    """Have it laid on a server of its own; None where that does not come out whole.

    Why it does not each trial finds out, and says, when it lays it by itself.
    """
    version = await ask.target.version() if ask.cell.settings.stream.history else ""
    directory = Path(tempfile.mkdtemp(prefix=PREFIX, dir=ask.target.parent))
    made = History(
        directory=directory,
        lock=guardian.hold(str(directory)),
        names=ask.names,
        messages=sum(ask.cell.workload.laid.values()),
        trials=trials,
        laid_by=version,
    )
    whole = False
    try:
        with suppress(MeasurementError, ServerUnavailableError):
            whole = await _lay(ask, directory, watch)
    finally:
        if not whole:
            made.give_up()
    return made if whole else None


async def _lay(ask: Ask, directory: Path, watch: Watch) -> bool:
    store = directory / "store"
    stores = Stores(left_at=store)
    past = ask.cell.settings.stream.history
    settings = ask.cell.settings.server if past is None else ServerSettings()
    async with ask.target.serving(settings, stores) as (server, endpoint):
        client = await admin.connect(endpoint)
        try:
            stage = Stage(
                server=server,
                endpoint=endpoint,
                client=client,
                names=ask.names,
                things=(),
                directory=directory,
                warn=lambda _: None,
            )
            complaints = await lay_apart(stage, ask.trial, ask.cell, watch)
        finally:
            await client.close()
    return not complaints and store.is_dir()


async def joined(stage: Stage, cell: Cell, history: History) -> Stage:
    """Return a stage whose server begins with a history, if it holds that and nothing else.

    Else with nothing: the trial makes its stream anew, under the same names.
    """
    things = KINDS[cell.workload.kind].things(history.names, cell)
    own = replace(stage, names=history.names, things=things)
    begun = replace(own, laid=history.directory)
    return begun if await is_laid(begun, cell) else own
