"""What a capacity plan is computed from: its loads, the capacity, and what a message takes."""

from collections.abc import Callable
from dataclasses import dataclass

from bench.analysis.figures import CellFigures, RunFigures
from bench.analysis.metrics import measure_of
from bench.analysis.outlook import limit_per_s
from bench.analysis.paired import typical
from bench.plan.model import Purpose
from bench.record.storage import Stored
from bench.seek.state import Sought
from bench.spec.capacity_plan import CapacityPlan

EMBEDDED = "embedded"
"""What records call a server of jetbench's own."""

CPU, IN, OUT = "server_cpu_us_per_msg", "server_in_bytes_per_s", "server_out_bytes_per_s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """A figure of the soaks at the rate that is confirmed.

    Attributes:
        value: typical over the trials.
        high: end of its 90 % interval; the value where there is none.
    """

    value: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What a message takes, as far as it was measured.

    Attributes:
        plain, s2: in a file store without and with compression; None where nothing was laid.
        compression: of the variant's own stream.
        unstored: why nothing was laid; empty where something was.
        cpu_us, in_bytes, out_bytes: of the server for each message; None where nobody can tell.
        soaks: valid trials that say so.
    """

    plain: Stored | None
    s2: Stored | None
    compression: str
    unstored: str
    cpu_us: Amount | None
    in_bytes: Amount | None
    out_bytes: Amount | None
    soaks: int

    @property
    def stream_bytes_per_msg(self) -> float | None:
        """What the server counts for a message; None where nothing was laid."""
        return None if self.plain is None else self.plain.stream_bytes_per_msg

    @property
    def own(self) -> Stored | None:
        """What was found with the variant's compression."""
        return self.s2 if self.compression == "s2" else self.plain


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """All of it, for one variant.

    Attributes:
        plan: what is assumed.
        end: its last month in words.
        when: the month so many months after today.
        replicas: planned, or of the variant.
        confirmed_per_s: what soaks bore out; None where nothing is confirmed.
        missed_per_s: the lowest rate that surely misses; None where none does.
        at_least: it may carry more than what is confirmed, and nobody knows how much.
        limited: what limits it beyond that, in a word or two; empty where that is not known.
        measured: of a message.
    """

    plan: CapacityPlan
    end: str
    when: Callable[[float], str]
    replicas: int
    confirmed_per_s: float | None
    missed_per_s: float | None
    at_least: bool
    limited: str
    measured: Measured

    @property
    def limit_per_s(self) -> float | None:
        """The highest load that leaves free what is wanted; None where nothing is confirmed."""
        confirmed = self.confirmed_per_s
        return None if confirmed is None else limit_per_s(self.plan, confirmed)

    @property
    def disk_bytes_per_msg(self) -> float | None:
        """On the disk of one replica, with the variant's compression; None where unknown."""
        own = self.measured.own
        return None if own is None else own.disk_bytes_per_msg


def measured_of(figures: RunFigures, search: Sought) -> Measured:
    """Return what was measured of a variant."""
    base, confirmed = search.base, search.found.confirmed_per_s
    storage, cell = figures.storage, _soaked(search)
    per_s = confirmed or 1.0
    return Measured(
        plain=None if storage is None else storage.of(base.id, "none"),
        s2=None if storage is None else storage.of(base.id, "s2"),
        compression=base.workload.kept_in(base.settings).compression,
        unstored=_unseen(figures) if storage is None else storage.why_not(base.id),
        cpu_us=_amount(cell, CPU),
        in_bytes=_each(_amount(cell, IN), per_s),
        out_bytes=_each(_amount(cell, OUT), per_s),
        soaks=0 if cell is None else sum(trial.record.valid for trial in cell.trials),
    )


def _unseen(figures: RunFigures) -> str:
    """Return why nobody could lay messages beside a run; empty where somebody still can."""
    own = figures.environment.server == EMBEDDED
    return "" if own else "the disk of a server that is not jetbench's own cannot be seen"


def _soaked(search: Sought) -> CellFigures | None:
    """Return the soaks of the rate that is confirmed."""
    for attempt in search.attempts:
        step = attempt.step
        if step.purpose is Purpose.SOAK and step.rate_per_s == search.found.confirmed_per_s:
            return attempt.cell
    return None


def _amount(cell: CellFigures | None, key: str) -> Amount | None:
    found = None if cell is None else typical(measure_of(key), cell)
    if cell is None or found is None or found.at_least:
        return None
    estimate = cell.estimates.get(key)
    high = None if estimate is None else estimate.high
    return Amount(value=found.value, high=max(found.value, high or 0.0))


def _each(amount: Amount | None, per_s: float) -> Amount | None:
    return amount and Amount(value=amount.value / per_s, high=amount.high / per_s)
