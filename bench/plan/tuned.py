"""The plan of a tuning: it begins without trials, and grows by the points that are tried next."""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from bench.core import text
from bench.core.errors import Problem, SpecError
from bench.core.units import NS_PER_S, human_clock
from bench.plan.allotment import MOST_SEARCHED, allotted, least_budget_ns, trial_ns
from bench.plan.expand import cell_id, in_effect
from bench.plan.model import PLAN_SCHEMA_VERSION, Cell, Plan, TriedPoint, Tuning, VariantName
from bench.plan.order import further
from bench.plan.points import Census, census
from bench.spec.base import LARGEST
from bench.spec.pointed import settled
from bench.spec.space import Point, written
from bench.spec.tuning import LoadedTuning
from bench.spec.yaml_tree import Loc

RACED = 60
"""Valid points that are all tried; of more an optimiser chooses which are."""

SHOWN_REASONS = 3
"""Why a space has no valid point: the commonest reasons."""

BASE = Point(values=())
"""What the base has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A tuning that can be run.

    Attributes:
        loaded: as written.
        plan: that has nothing to do yet.
        census: of its space.
    """

    loaded: LoadedTuning
    plan: Plan
    census: Census

    @property
    def outlook(self) -> str:
        """What is ahead, in a sentence, before anything runs."""
        tuning = tuning_of(self.plan)
        share = allotted(tuning.base, tuning.budget_ns)
        some = "" if self.census.counted else "some "
        how = "raced" if tuning.raced else "searched by an optimiser"
        room = text.plural(share.searching + share.confirming, "trial")
        is_cut = not tuning.raced and share.searching > MOST_SEARCHED
        most = f", of which {text.count(MOST_SEARCHED)} are made at most" if is_cut else ""
        return (
            f"{self.plan.label}: {some}{text.plural(tuning.points, 'valid point')} of "
            f"{text.count(self.census.written)}, {how}; a trial takes about "
            f"{trial_ns(tuning.base) / NS_PER_S:.3g}s, so "
            f"{human_clock(tuning.budget_ns / NS_PER_S)} have room for {room}: "
            f"{text.count(share.searching)} to seek{most}, and {share.blocks} blocks of "
            f"{share.finalists + 1} to confirm; seed {self.plan.seed}"
        )

    def cautions(self) -> Iterator[Problem]:
        """Yield what stops nothing, but may not be what the author wants."""
        document, tuning = self.loaded.document, tuning_of(self.plan)
        searching = allotted(tuning.base, tuning.budget_ns).searching
        if tuning.raced and searching < 3 * (tuning.points + 1):
            what = (
                f"has room for {text.plural(searching, 'trial')} before the confirmation, and "
                f"{text.plural(tuning.points, 'point')} and the base take "
                f"{3 * (tuning.points + 1)} to stand in three blocks, the fewest that anything is "
                "told apart by"
            )
            yield document.problem(("budget",), what)
        for key, values in self.census.unused.items():
            words = text.listed([written(value) for value in values])
            loc: Loc = ("space", key)
            yield document.problem(loc, f"no valid point has {words}, which is there for nothing")


def tuning_plan(loaded: LoadedTuning, seed: int | None = None) -> Plan:
    """Return a plan that has nothing to do yet; see `planned`."""
    return planned(loaded, seed).plan


def planned(loaded: LoadedTuning, seed: int | None = None) -> Planned:
    """Return what a tuning is to do.

    Args:
        loaded: the tuning.
        seed: in place of the file's.

    Raises:
        SpecError: the space leaves nothing to choose, or the budget no time to confirm it.
    """
    base = _base_of(loaded)
    found = census(loaded.workload, base.settings, loaded.knobs)
    if problems := [*_too_few(loaded, found), *_too_short(loaded, base)]:
        raise SpecError(problems)
    return Planned(loaded=loaded, plan=_begun(loaded, base, found, seed), census=found)


def with_round(plan: Plan, points: Sequence[Point], *, confirms: bool) -> Plan:
    """Return the plan with a trial more of each point, in one block, in an order of its own.

    A point that comes to the same as one that was tried is a trial of that one's.

    Args:
        plan: of a tuning.
        points: `BASE` is what the base has; it is among those of the first round.
        confirms: the block is one of the confirmation; all after it are, too.

    Raises:
        MisfitError: a point is not valid.
        ValueError: there are no points, the base is not in the first round, or what confirms is
            followed by what seeks.
    """
    tuning = tuning_of(plan)
    if not points or not (tuning.tried or BASE in points):
        raise ValueError("a round has points, the first one the base")
    if tuning.confirms_from is not None and not confirms:
        raise ValueError("the search is over when its confirmation begins")
    known = {each.id: each for each in plan.cells}
    effects = {in_effect(cell.settings): cell for cell in plan.cells}
    tried, chosen = list(tuning.tried), dict[str, Cell]()
    for point in sorted(points, key=lambda each: each != BASE):
        cell = _cell_of(tuning, point, len(tried), plan.label)
        cell = effects.setdefault(in_effect(cell.settings), cell)
        if cell.id not in known:
            known[cell.id] = cell
            tried.append(TriedPoint(point=point, cell_id=cell.id))
        chosen[cell.id] = cell
    grown = replace(plan, cells=tuple(known.values()))
    more = further(grown, tuple(chosen.values()), blocks=1)
    begins = tuning.confirms_from or (more.trials[-1].block if confirms else None)
    return replace(more, tuning=replace(tuning, tried=tuple(tried), confirms_from=begins))


def tuning_of(plan: Plan) -> Tuning:
    """Return what a plan tunes; ValueError where it tunes nothing."""
    if plan.tuning is None:
        raise ValueError(f"{plan.label} tunes nothing")
    return plan.tuning


def _base_of(loaded: LoadedTuning) -> Cell:
    base = loaded.base
    name = VariantName(config=base.config or _slug(loaded.file.label), variant=base.variant)
    return Cell(
        id=cell_id(loaded.workload_name, name),
        workload_name=loaded.workload_name,
        workload=loaded.workload,
        variants=(name,),
        settings=base.settings,
    )


def _cell_of(tuning: Tuning, point: Point, number: int, label: str) -> Cell:
    """Return the cell of a point that was not tried before, the numberth but the base."""
    if point == BASE:
        return tuning.base
    base = tuning.base
    name = VariantName(config=_slug(label), variant=f"t{number:03d}")
    if name in base.variants:  # somebody called his base so
        name = replace(name, variant=f"{name.variant}-tried")
    return replace(
        base,
        id=cell_id(base.workload_name, name),
        variants=(name,),
        settings=settled(base.workload, base.settings, point),
    )


def _slug(label: str) -> str:
    """Return a label as a config may be called."""
    return re.sub(r"[^a-z0-9._=+-]", "-", label.lower())


def _begun(loaded: LoadedTuning, base: Cell, found: Census, seed: int | None) -> Plan:
    file = loaded.file
    tuning = Tuning(
        base=base,
        knobs=loaded.knobs,
        points=min(found.points, LARGEST),
        objectives=tuple(map(str, file.objective)),
        constraints=tuple(map(str, file.constraints)),
        budget_ns=file.budget_ns,
        raced=found.counted and found.valid <= RACED,
    )
    primary, *secondary = (aim.metric.short for aim in file.objective)
    return Plan(
        schema_version=PLAN_SCHEMA_VERSION,
        label=file.label,
        question=file.question,
        config_questions=(),
        seed=file.seed if seed is None else seed,
        blocks=1,
        quick=False,
        cells=(),
        trials=(),
        primary=primary,
        secondary=tuple(secondary),
        success=tuning.constraints,
        tuning=tuning,
    )


def _too_few(loaded: LoadedTuning, found: Census) -> Iterator[Problem]:
    """Yield why a space leaves nothing to choose."""
    if found.valid > 1 or (found.valid and not found.counted):
        return
    whole = "all" if found.counted else "a sample"
    what = f"has {'one' if found.valid else 'no'} valid point beside the base, in {whole} of "
    what += text.plural(found.looked_at, "point")
    reasons = list(found.refused.items())
    if found.valid:
        what += "; there is nothing to seek, and `jetbench run` compares two variants of a config"
    told = [f"{text.count(times)} because of {why}" for why, times in reasons[:SHOWN_REASONS]]
    if len(reasons) > SHOWN_REASONS:
        told.append(f"and for {text.plural(len(reasons) - SHOWN_REASONS, 'other reason')}")
    if same := found.looked_at - sum(found.refused.values()) - found.valid:
        come = "comes" if same == 1 else "come"
        told.append(f"{text.count(same)} {come} to the same as the base or another")
    yield loaded.document.problem(("space",), f"{what}: {'; '.join(told)}" if told else what)


def _too_short(loaded: LoadedTuning, base: Cell) -> Iterator[Problem]:
    least_ns, each_ns = least_budget_ns(base), trial_ns(base)
    if loaded.file.budget_ns >= least_ns:
        return
    trials = least_ns // each_ns
    what = (
        f"too small for one confirmation: with the fewest trials before it that takes {trials} "
        f"trials, some {each_ns / NS_PER_S:.3g}s each"
    )
    allowed = f"{math.ceil(least_ns / NS_PER_S / 60)}m or more, or a shorter trial"
    yield loaded.document.problem(("budget",), what, allowed=allowed)
