"""How near tunings come to the best, and how often they claim what is not: `make tune-truth`.

Made-up spaces of some 2000 points whose best is known, searched with 60 trials that scatter as real
ones do (`tests.seek.surfaces`); the confirmation comes on top. And spaces of equal points, raced
and searched, then confirmed by the rules that confirm real ones.

With `--real FILE`: what `jetbench tune FILE` found on a real server is held against the whole grid,
each point of which is measured in blocks of its own. Some minutes to an hour, by the file.
"""

import argparse
import math
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np

from bench.analysis.figures import CellFigures
from bench.analysis.metrics import measure_of
from bench.seek.attested import Attested, better, gains_of
from bench.seek.constrained import Held, Holds
from bench.seek.race import left
from bench.spec.objective import parse_objective
from bench.spec.space import Point
from tests.analysis import runs
from tests.gate.figures import trial_of, with_trials
from tests.seek import surfaces
from tests.seek.surfaces import BASE, beyond_best, drawn, searched, world
from tests.truth.tune_real import against_grid

NEAR = 0.05
"""So near to the best is near."""

NEAR_OFTEN, BETTER_OFTEN, CLAIMED_SELDOM = 0.90, 0.80, 0.05

CONFIRMED = (5, 10)
"""Blocks of confirmations: the fewest and the most."""

RACED = 12
"""Points of a race between equals."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Searched:
    """A search of a planted space.

    Attributes:
        off: by what share the point that it names is worse than the best.
        by_chance: likewise, of the best-looking of as many points that chance chose.
    """

    off: float
    by_chance: float


def main() -> int:
    """Search the spaces, say what was found, and whether that is near enough, often enough."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=100, help="of each surface")
    parser.add_argument("--equal", type=int, default=1000, help="confirmations of equal points")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--real", metavar="FILE", help="a tuning that is held against its grid")
    parser.add_argument("--blocks", type=int, default=5, help="of the grid")
    options = parser.parse_args()
    if options.real:
        return against_grid(options.real, options.blocks)
    with ProcessPoolExecutor(options.processes) as pool:
        found = {
            name: list(pool.map(partial(_planted, name), range(options.runs)))
            for name in surfaces.PLANTED
        }
        equal = _claims(pool, options.equal)
    return _told(found, equal)


def _told(found: dict[str, list[Searched]], equal: dict[str, float]) -> int:
    for name, each in found.items():
        _say(f"{name:8} {_line(each)}")
    together = [one for each in found.values() for one in each]
    _say(f"together {_line(together)}")
    for name, claimed in equal.items():
        _say(f"{name}: a gain is claimed in {claimed:.1%}")
    good = _near(together) >= NEAR_OFTEN and _better(together) >= BETTER_OFTEN
    holds = good and max(equal.values()) <= CLAIMED_SELDOM
    _say("holds" if holds else "does not hold")
    return 0 if holds else 1


def _line(each: Sequence[Searched]) -> str:
    off = sorted(one.off for one in each)
    return (
        f"within {NEAR:.0%} of the best in {_near(each):.1%}, median {np.median(off):.1%} and nine "
        f"of ten {off[math.ceil(0.9 * len(off)) - 1]:.1%} off; better than chance in "
        f"{_better(each):.1%} ({len(each)} searches)"
    )


def _near(each: Sequence[Searched]) -> float:
    return sum(one.off <= NEAR for one in each) / len(each)


def _better(each: Sequence[Searched]) -> float:
    return sum(one.off < one.by_chance for one in each) / len(each)


def _planted(name: str, seed: int) -> Searched:
    surface = surfaces.PLANTED[name](np.random.default_rng(seed))
    made, other = world(surface, seed), world(surface, seed + 1_000_000)
    return Searched(
        off=beyond_best(made, searched(made, seed)[0]),
        by_chance=beyond_best(other, drawn(other)),
    )


def _claims(pool: ProcessPoolExecutor, runs_: int) -> dict[str, float]:
    """Return in what share of runs on equal points a gain is claimed, by how they are sought."""
    found = {}
    for blocks in CONFIRMED:
        for name, claims in (("raced", _raced), ("searched", _searched)):
            count = runs_ if claims is _raced else max(1, runs_ // 10)
            each = list(pool.map(partial(claims, blocks), range(count)))
            found[f"{name}, {blocks} blocks to confirm, {count} runs"] = sum(each) / count
    return found


def _raced(blocks: int, seed: int) -> bool:
    """Race equals for five blocks, and confirm the best but the base."""
    made = world(surfaces.flat(np.random.default_rng(seed)), seed)
    points = [BASE, *list(made.surface.worse)[: RACED - 1]]
    for _ in range(5):
        made.run(points)
    table = np.array([[made.known[p].worse[b][0] for b in range(1, 6)] for p in points])
    gone = left([table])
    stay = [row for row in range(1, len(points)) if row not in gone]
    if not stay:
        return False
    best = min(stay, key=lambda row: float(table[row].mean()))
    return _claimed(made, points[best], blocks)


def _searched(blocks: int, seed: int) -> bool:
    made = world(surfaces.flat(np.random.default_rng(seed)), seed)
    best = next(point for point in searched(made, seed) if point != BASE)
    return _claimed(made, best, blocks)


def _claimed(made: surfaces.World, best: Point, blocks: int) -> bool:
    """Say whether fresh blocks claim that a point is better than the base."""
    begin = made.blocks
    for _ in range(blocks):
        made.run([BASE, best])
    base, point = (_cell(made, each, begin) for each in (BASE, best))
    measures = (measure_of(parse_objective("minimise end_to_end_p99").metric.key),)
    gains = gains_of(measures, base, point)
    found = Attested(
        point=best, cell=point, held=Held(holds=Holds.HOLDS), gains=gains, is_sound=True
    )
    return better(measures, found)


def _cell(made: surfaces.World, point: Point, begin: int) -> CellFigures:
    cell = runs.cell("base" if point == BASE else "point")
    trials = [
        trial_of(cell, block, 10.0 * math.exp(worse[0]))
        for block, worse in made.known[point].worse.items()
        if block > begin
    ]
    return with_trials(cell, trials)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
