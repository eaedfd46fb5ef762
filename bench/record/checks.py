"""What must hold between the parts of a record, besides the type of each.

Only what every sound record has: a run that lost, doubled or broke off is sound, and is kept.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import MISSING, asdict, fields
from datetime import datetime

from bench.core.ids import NAME_PATTERN
from bench.core.units import NS_PER_S
from bench.plan.model import Plan, Trial
from bench.record.reading import MOST, Fault, Loc
from bench.record.schema import (
    Environment,
    HostLoad,
    Ledger,
    OwnLag,
    ProcessUsage,
    Slices,
    TrialRecord,
    Window,
    WindowCounts,
)
from bench.spec.criteria import parse_criterion
from bench.spec.metrics import find_metric

_UNKNOWN = -1
_MAX_ID_CHARS = 240
"""A directory's name has 255 bytes, and is written under a longer one first."""

_MAY_BE_UNKNOWN = {"backlog", "stream_msgs", "lost"}
_NEVER_MORE = (
    ("published", "planned"),
    ("stored", "published"),
    ("received", "planned"),
    ("handled", "received"),
    ("acked", "received"),
    ("received", "deliveries"),
    ("lost", "stored"),
)
"""Entries of a ledger, the smaller first."""

_TOTALS = {"offered": "planned", "sent": "published"}
"""What the ledger calls a count of the slices, where not the same."""


def plan_faults(plan: Plan) -> Iterator[Fault]:
    """Yield what does not fit together in a plan."""
    if plan.blocks < 1:
        yield Fault(loc=("blocks",), what="below 1")
    for key in ("cells", "trials"):
        ids = [each.id for each in getattr(plan, key)]
        yield from _repeated(key, ids)
    cells = {cell.id for cell in plan.cells}
    for index, trial in enumerate(plan.trials):
        loc: Loc = ("trials", index)
        if len(trial.id) > _MAX_ID_CHARS or not re.fullmatch(NAME_PATTERN, trial.id):
            yield Fault(loc=(*loc, "id"), what=f"{trial.id!r} cannot name a directory")
        if trial.cell_id not in cells:
            yield Fault(loc=(*loc, "cell_id"), what=f"the plan has no cell {trial.cell_id!r}")
        if not 1 <= trial.block <= MOST:
            yield Fault(loc=(*loc, "block"), what="below 1, or beyond counting")
    yield from _unnamed_cells(plan)
    yield from _question_faults(plan)


def environment_faults(environment: Environment) -> Iterator[Fault]:
    """Yield what cannot be so of a host."""
    if instant(environment.started_utc) is None:
        yield Fault(loc=("started_utc",), what=f"{environment.started_utc!r} is no instant of UTC")


def trial_faults(record: TrialRecord) -> Iterator[Fault]:
    """Yield what does not fit together in the record of a trial."""
    if record.block < 1:
        yield Fault(loc=("block",), what="below 1")
    parts = (record.window, record.window_counts, record.slices, record.ledger)
    if record.completed and any(part is None for part in parts):
        yield Fault(loc=("completed",), what="true, without window, counts, slices or ledger")
    if (record.window is None) is not (record.window_counts is None):
        yield Fault(loc=("window_counts",), what="comes with a window, and never without")
    if record.window is not None:
        yield from _window_faults(record.window, record.slices)
    if record.slices is not None:
        yield from _slice_faults(record.slices, record.window_counts, record.ledger)
    if record.ledger is not None:
        yield from _ledger_faults(record.ledger)
    for index, usage in enumerate(record.processes):
        yield from _shares(("processes", index), usage)
    if record.host is not None:
        yield from _shares(("host",), record.host)
    if record.own_lag is not None:
        yield from _shares(("own_lag",), record.own_lag)


def stranger_faults(record: TrialRecord, trial: Trial) -> Iterator[Fault]:
    """Yield where the record of a trial is another trial's."""
    planned = {"trial_id": trial.id, "cell_id": trial.cell_id, "block": trial.block}
    for key, value in {**planned, "seed": trial.seed}.items():
        found = getattr(record, key)
        if found != value:
            yield Fault(loc=(key,), what=f"{found!r}, but the plan has {value!r} here")


def instant(text: str) -> datetime | None:
    """Return the instant that an ISO 8601 text names, with its zone; None when it names none."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


def _repeated(key: str, ids: list[str]) -> Iterator[Fault]:
    seen: set[str] = set()
    for index, each in enumerate(ids):
        if each in seen:
            yield Fault(loc=(key, index, "id"), what=f"{each!r} stands there twice")
        seen.add(each)


def _unnamed_cells(plan: Plan) -> Iterator[Fault]:
    for index, cell in enumerate(plan.cells):
        if not cell.variants:
            yield Fault(loc=("cells", index, "variants"), what="empty")


def _question_faults(plan: Plan) -> Iterator[Fault]:
    """Yield what the run is to be judged by and cannot."""
    names = {str(name) for cell in plan.cells for name in cell.variants}
    if plan.baseline and plan.baseline not in names:
        yield Fault(loc=("baseline",), what=f"the plan has no variant {plan.baseline!r}")
    figures: dict[Loc, str] = {("primary",): plan.primary}
    figures |= {("secondary", index): each for index, each in enumerate(plan.secondary)}
    for loc, figure in figures.items():
        if figure and find_metric(figure) is None:
            yield Fault(loc=loc, what=f"no figure is called {figure!r}")
    for index, rule in enumerate(plan.success):
        try:
            parse_criterion(rule)
        except ValueError as error:
            yield Fault(loc=("success", index), what=str(error))


def _window_faults(window: Window, slices: Slices | None) -> Iterator[Fault]:
    limits = (0, window.window_start_ns, window.window_end_ns, window.drained_ns, MOST)
    if not (limits[0] <= limits[1] < limits[2] <= limits[3] <= limits[4]):
        yield Fault(loc=("window",), what="its limits are not in order from 0 on")
    elif slices is not None and len(slices.offered) != -(-window.drained_ns // NS_PER_S):
        yield Fault(loc=("slices",), what="not one for each second until drained_ns")


def _slice_faults(
    slices: Slices, counts: WindowCounts | None, ledger: Ledger | None
) -> Iterator[Fault]:
    of_window = {} if counts is None else asdict(counts)
    of_trial = {} if ledger is None else asdict(ledger)
    for key, each in asdict(slices).items():
        loc: Loc = ("slices", key)
        total = sum(each)
        if len(each) != len(slices.offered):
            yield Fault(loc=loc, what="not as long as `offered`")
        elif min(each, default=0) < 0:
            yield Fault(loc=loc, what="a count below 0")
        elif total > of_trial.get(_TOTALS.get(key, key), MOST):
            yield Fault(loc=loc, what="more in all than the ledger has")
        elif not 0 <= of_window.get(key, 0) <= total:
            yield Fault(loc=("window_counts", key), what="below 0, or more than the slices have")


def _ledger_faults(ledger: Ledger) -> Iterator[Fault]:
    for each in fields(ledger):
        # What older records lack has a default: not known.
        may = each.name in _MAY_BE_UNKNOWN or each.default is not MISSING
        if not (_UNKNOWN if may else 0) <= getattr(ledger, each.name) <= MOST:
            yield Fault(loc=("ledger", each.name), what="below 0, or beyond counting")
    for less, more in _NEVER_MORE:
        if getattr(ledger, less) > getattr(ledger, more):
            yield Fault(loc=("ledger", less), what=f"more than {more}")


def _shares(loc: Loc, part: ProcessUsage | HostLoad | OwnLag) -> Iterable[Fault]:
    for key, value in asdict(part).items():
        if not isinstance(value, str) and not _UNKNOWN <= value <= MOST:
            yield Fault(loc=(*loc, key), what="below 0 without being -1, or beyond counting")
