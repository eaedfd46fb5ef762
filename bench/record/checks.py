"""What must hold between the parts of a record, besides the type of each.

Only what every sound record has: a run that lost, doubled or broke off is sound, and is kept.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, replace
from datetime import datetime

from bench.core.ids import NAME_PATTERN
from bench.core.units import NS_PER_S
from bench.plan.model import Plan, Trial
from bench.record.casts import cast_faults
from bench.record.finals import final_faults
from bench.record.reading import MOST, Fault, Loc
from bench.record.schema import MOST_ATTEMPTS, Environment, TrialRecord, Window
from bench.record.searches import search_faults
from bench.record.tunings import tuning_faults
from bench.spec.cast import Cast, Part, levels
from bench.spec.cast import entries as entries_of
from bench.spec.cast import instants as instants_of
from bench.spec.criteria import parse_criterion
from bench.spec.disturbed import MOST as MOST_DISTURBANCES
from bench.spec.expiring import without_evicted
from bench.spec.metrics import find_metric
from bench.spec.retried import without_retrying
from bench.spec.told_parts import without_asked
from bench.spec.waiting import without_wait

Slices = Mapping[str, tuple[int, ...]]

_UNKNOWN = -1
_MAX_ID_CHARS = 240
"""A directory's name has 255 bytes, and is written under a longer one first."""


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
    yield from tuning_faults(plan)
    yield from search_faults(plan)


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
    unlike = tuple(cast_faults(record.cast)) or tuple(_name_faults(record))
    yield from unlike
    if unlike:
        return
    if record.window is not None:
        yield from _window_faults(record.window, record.slices)
    if record.slices is not None:
        yield from _slice_faults(record.slices, record)
    if record.ledger is not None:
        yield from _ledger_faults(record.ledger, record.cast)
    for index, usage in enumerate(record.processes):
        yield from _shares(("processes", index), asdict(usage))
    if record.host is not None:
        yield from _shares(("host",), asdict(record.host))
    yield from _shares(("peaks",), record.peaks)
    yield from _shares(("oldest_ns",), record.oldest_ns, least=0)
    yield from _disturbance_faults(record)
    for name, handling in record.handling.items():
        yield from _shares(("handling", name), asdict(handling), least=0)
    yield from _final_faults(record)
    for name, came in record.attempts.items():
        yield from _attempt_faults(name, came, record)
    yield from _shares((), {key: getattr(record, key) for key in _TRIALS_OWN}, least=0)


def _final_faults(record: TrialRecord) -> Iterator[Fault]:
    """Yield what cannot be so of the states that handlers came to."""
    observing = {part.name for part in record.cast.observing}
    for name, final in record.finals.items():
        loc: Loc = ("finals", name[:60])
        if name not in observing:
            yield Fault(loc=loc, what="no part of its cast that observes")
        else:
            yield from final_faults(loc, final)


def _attempt_faults(name: str, came: Mapping[int, int], record: TrialRecord) -> Iterator[Fault]:
    """Yield what cannot be so of how often messages came to a part."""
    loc: Loc = ("attempts", name[:60])
    if name not in {part.name for part in record.cast.observing}:
        yield Fault(loc=loc, what="no part of its cast that observes")
    elif not all(1 <= times <= MOST_ATTEMPTS for times in came):
        yield Fault(loc=loc, what=f"not once to {MOST_ATTEMPTS} times")
    elif not all(1 <= count <= MOST for count in came.values()):
        yield Fault(loc=loc, what="below 1, or beyond counting")


def _disturbance_faults(record: TrialRecord) -> Iterator[Fault]:
    """Yield what cannot be so of what was done to the system."""
    lagging = {part.name for part in record.cast.parts if part.levels}
    for index, each in enumerate(record.disturbances[: MOST_DISTURBANCES + 1]):
        loc: Loc = ("disturbances", index)
        if index == MOST_DISTURBANCES:
            yield Fault(loc=("disturbances",), what=f"more than {MOST_DISTURBANCES}")
            return
        if each.part and each.part not in record.cast.roles:
            yield Fault(loc=(*loc, "part"), what="no role of its cast")
        if odd := set(each.recovery_ns) - lagging:
            what = f"a part that has no lag: {min(odd)[:60]!r}"
            yield Fault(loc=(*loc, "recovery_ns"), what=what)
        yield from _shares(loc, asdict(each))
        yield from _shares((*loc, "recovery_ns"), each.recovery_ns)


_TRIALS_OWN = ("negative_times", "overflows")


def _name_faults(record: TrialRecord) -> Iterator[Fault]:
    """Yield where a record tells of other things than its cast has."""
    asked = {
        "window_counts": (record.window_counts, instants_of(record.cast)),
        "slices": (record.slices, instants_of(record.cast)),
        "ledger": (record.ledger, entries_of(record.cast)),
        "peaks": (record.peaks or None, levels(record.cast)),
        "oldest_ns": (record.oldest_ns or None, levels(record.cast)),
    }
    observing = {part.name for part in record.cast.observing}
    if odd := ", ".join(sorted(set(record.handling) - observing)):
        yield Fault(loc=("handling",), what=f"not what its cast has: {odd}")
    for key, (told, known) in asked.items():
        if told is not None and set(told) != set(known):
            odd = ", ".join(sorted(set(told) ^ set(known)))
            yield Fault(loc=(key,), what=f"not what its cast has: {odd}")


def stranger_faults(record: TrialRecord, trial: Trial) -> Iterator[Fault]:
    """Yield where the record of a trial is another trial's."""
    planned = {"trial_id": trial.id, "cell_id": trial.cell_id, "block": trial.block}
    for key, value in {**planned, "seed": trial.seed}.items():
        found = getattr(record, key)
        if found != value:
            yield Fault(loc=(key,), what=f"{found!r}, but the plan has {value!r} here")


def other_parts(record: TrialRecord, cast: Cast) -> Iterator[Fault]:
    """Yield where a record tells of other parts than its cell has: what it lacks nobody would miss.

    What the cell may be ranked by the plan tells better: records of version 1 did not. Those from
    before retries were told, how often messages were asked for, or how long they wait, lack that
    alone; those from before it was told what limits took count that as lost.
    """
    known, older = ([*map(wordless, _earlier(each))] for each in (cast, without_evicted(cast)))
    parts = wordless(record.cast)
    if parts not in (*known, *older) or record.cast.done != cast.done:
        yield Fault(loc=("cast",), what="not what its cell's workload and settings take part with")
    elif parts not in known:
        yield from _missing_faults(record)


def _earlier(cast: Cast) -> tuple[Cast, ...]:
    """Return a cast, and what it was before some of its counts and times were told."""
    untried = without_retrying(cast)
    unasked = without_asked(untried)
    return cast, untried, unasked, without_wait(unasked)


def _missing_faults(record: TrialRecord) -> Iterator[Fault]:
    """Yield where messages never came and are counted nowhere: left out, they would be forgiven."""
    for part in record.cast.observing:
        told = {
            name: record.known(record.cast.entry(part, name))
            for name in ("stored", "received", "lost", "backlog")
        }
        of_itself = [*record.cast.having("aged_out"), *record.cast.having("rolled_up")]
        gone = sum(record.known(each) or 0 for each in of_itself)
        count = {name: each or 0 for name, each in told.items()}
        found = count["received"] + count["lost"] + count["backlog"] + gone
        if told["lost"] is not None and count["stored"] > found:
            yield Fault(loc=("ledger",), what="fewer received, lost and held than stored")


def wordless(cast: Cast) -> tuple[Part, ...]:
    """Return the parts without what is said of their entries: words change no figure."""
    return tuple(
        replace(
            part,
            entries=tuple(replace(each, means="", check="") for each in part.entries),
            noun="",
        )
        for part in cast.parts
    )


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
    seconds = -(-window.drained_ns // NS_PER_S)
    if not (limits[0] <= limits[1] < limits[2] <= limits[3] <= limits[4]):
        yield Fault(loc=("window",), what="its limits are not in order from 0 on")
    elif slices is not None and all(len(each) != seconds for each in slices.values()):
        yield Fault(loc=("slices",), what="not one for each second until drained_ns")


def _slice_faults(slices: Slices, record: TrialRecord) -> Iterator[Fault]:
    known, of_window = instants_of(record.cast), record.window_counts or {}
    length = len(next(iter(slices.values()), ()))
    for key, each in slices.items():
        part, instant = known[key]
        loc: Loc = ("slices", key)
        total = sum(each)
        most = record.known(record.cast.entry(part, instant.entry))
        if len(each) != length:
            yield Fault(loc=loc, what="not as long as the others")
        elif min(each, default=0) < 0:
            yield Fault(loc=loc, what="a count below 0")
        elif total > (MOST if most is None else most):
            yield Fault(loc=loc, what="more in all than the ledger has")
        elif not 0 <= of_window.get(key, 0) <= total:
            yield Fault(loc=("window_counts", key), what="below 0, or more than the slices have")


def _ledger_faults(ledger: Mapping[str, int], found: Cast) -> Iterator[Fault]:
    for key, (part, entry) in entries_of(found).items():
        count = ledger[key]
        if not (_UNKNOWN if entry.untold else 0) <= count <= MOST:
            yield Fault(loc=("ledger", key), what="below 0, or beyond counting")
        for more in entry.at_most:
            if count > ledger[found.entry(part, more)]:
                yield Fault(loc=("ledger", key), what=f"more than {more}")
        if entry.name == "not_sent" and part.own:
            yield from _unsent_faults(key, ledger, found, part)
    for part in found.driving:
        yield from _unaccounted_faults(ledger, found, part)


def _unsent_faults(key: str, ledger: Mapping[str, int], found: Cast, part: Part) -> Iterator[Fault]:
    """Yield where it is not what was planned less what was sent: else it could hide the rest."""
    due, sent = ledger[found.planned(part)], ledger[found.entry(part, part.own[0].entry)]
    if ledger[key] != due - sent:
        yield Fault(loc=("ledger", key), what="not what was planned less what was sent")


OUTCOMES = ("answered", "silent", "refused", "no_responders", "conflict", "duplicate")
"""What becomes of an operation that was sent, by what entries count; one of them, or several."""


def _unaccounted_faults(ledger: Mapping[str, int], found: Cast, part: Part) -> Iterator[Fault]:
    """Yield where more was sent than is accounted for: it could hide what had no answer."""
    sent = found.entry(part, part.own[0].entry)
    counted = [found.entry(part, each.name) for each in part.entries if each.counted in OUTCOMES]
    if counted and ledger[sent] > sum(ledger[name] for name in counted):
        what = f"more than {', '.join(counted)} together"
        yield Fault(loc=("ledger", sent), what=what)


def _shares(loc: Loc, told: Mapping[str, object], *, least: int = _UNKNOWN) -> Iterable[Fault]:
    for key, value in told.items():
        if isinstance(value, int | float) and not least <= value <= MOST:
            yield Fault(loc=(*loc, key), what="below what it can be, or beyond counting")
