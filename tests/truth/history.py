"""How often a year without a step shows one, and how soon a step is found: `make history-truth`.

Cells of four figures, a run a day, looked at after each: what is true of a look at the whole year
is true of all looks, for what was seen once stays seen. Thousands of years at once are reckoned by
the same rule in other words, held to the real one on some of each noise. Beyond what is promised
stand noises that no rule of this kind can bear: they are told, and hold nothing.
"""

import argparse
import math
import sys
from collections.abc import Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from bench.stats import steps
from bench.stats.steps import FIGURES
from tests.stats.histories import KINDS, YEAR, Array, Noise, drifting, normal

ALLOWED = 0.01
"""Of cells, in a year."""

SCATTER = 0.2
"""Standard deviation of a run's logarithm; the least change of 5 % holds back few then."""

OF_DRIFT = 0.03

HELD = 5
"""Years of each noise that the rule itself is asked of."""

STEP = math.log(1.1)
POWER = ("normal", "t3", "real trials", "AR(1) 0.3", "AR(1) 0.6")
BEFORE = (30, 60, 120)
AFTER = 40


def wandering(rng: np.random.Generator, runs: int) -> Array:
    """Return runs of 3 % noise on a host that moves by 0.5 % from day to day, either way."""
    return normal(rng, runs) + np.cumsum(rng.normal(size=runs)) * 0.005 / 0.03


def louder(rng: np.random.Generator, runs: int) -> Array:
    """Return runs that scatter four times as much from the middle of the year on."""
    return normal(rng, runs) * np.where(np.arange(runs) < runs // 2, 1.0, 4.0)


def of_two_states(rng: np.random.Generator, runs: int) -> Array:
    """Return runs on a host that is in one of two states, each for five days on average."""
    state = np.cumsum(rng.random(runs) < 0.2) % 2
    return 2.0 * state + 0.6 * normal(rng, runs)


BEYOND: dict[str, Noise] = {
    "drift of 30 % a year": partial(drifting, 0.3),
    "wandering 0.5 % a day": wandering,
    "four times the scatter": louder,
    "two states of a host": of_two_states,
}


def main() -> int:
    """Make the years, say in how many a step was seen, and whether that is seldom enough."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cells", type=int, default=2000, help="years of a cell, of each noise")
    parser.add_argument("--steps", type=int, default=200, help="planted steps of each noise")
    options = parser.parse_args()
    _say(f"years without a step: share of {options.cells} cells of {FIGURES} figures that show one")
    worst = max(_falsely(kind, noise, options.cells) for kind, noise in KINDS.items())
    _say("\nbeyond what is promised")
    for kind, noise in BEYOND.items():
        _falsely(kind, noise, options.cells)
    _say("\na step of +10 % in noise of 3 %, one figure: runs of the new level until it is seen")
    for before in BEFORE:
        for kind in POWER:
            _found(kind, before, options.steps)
    allowed = ALLOWED + 3 * (ALLOWED * (1 - ALLOWED) / options.cells) ** 0.5
    _say("holds" if worst <= allowed else "does not hold")
    return 0 if worst <= allowed else 1


def _falsely(kind: str, noise: Noise, cells: int) -> float:
    rng = np.random.default_rng(list(kind.encode()))
    scatter = OF_DRIFT if kind.startswith(("drift", "wandering", "four")) else SCATTER
    logs = scatter * np.array([noise(rng, YEAR) for _ in range(FIGURES * cells)])
    peaks = strongest(logs)
    _hold(logs[:HELD], peaks[:HELD])
    share = float(np.mean((peaks > steps.LIMIT).reshape(cells, FIGURES).any(axis=1)))
    _say(f"{kind:24} {share:.2%}; of single figures {np.mean(peaks > steps.LIMIT):.3%}")
    return share


def _hold(logs: Array, peaks: Array) -> None:
    """Hold what was reckoned at once to what the rule itself says."""
    for year, peak in zip(logs, peaks, strict=True):
        level = steps._Level(logs=year, start=0, known=np.zeros(0))
        found = max(float(np.abs(level._strengths(place)).max()) for place in level._places())
        if not math.isclose(found, peak, rel_tol=1e-9):
            raise AssertionError(f"the rule says {found}, the harness {peak}")
        if bool(steps.steps_of(list(np.exp(year)))) != (peak > steps.LIMIT):
            raise AssertionError(f"a peak of {peak} and a limit of {steps.LIMIT} disagree")


def strongest(logs: Array) -> Array:
    """Return how strong the strongest step of each year looks on any day, shape (years,)."""
    days = range(steps.LEAST_HISTORY, logs.shape[1] - steps.LEAST_AFTER + 1)
    found: Array = np.max([_strongest_at(logs, day) for day in days], axis=0)
    return found


def _strongest_at(logs: Array, place: int) -> Array:
    past = logs[:, max(0, place - steps.MEMORY_RUNS) : place]
    middle = np.median(past[:, -steps.LEVEL_RUNS :], axis=1, keepdims=True)
    level = (past - middle)[:, -steps.LEVEL_RUNS :]
    unit = np.maximum(1.4826 * np.median(np.abs(level), axis=1, keepdims=True), 0.02)
    told = np.clip((past - middle) / unit, -3.5, 3.5)
    near = told[:, -steps.LEVEL_RUNS :]
    phi = _coefficients(told)[:, None]
    new = (logs[:, place : place + steps.MOST_AFTER] - middle) / unit
    n = np.arange(1, new.shape[1] + 1)[None]
    apart = np.clip(new, -3.5, 3.5).cumsum(axis=1) / n - near.mean(axis=1, keepdims=True)
    wide = np.clip(new, -10, 10)
    own = ((wide**2).cumsum(axis=1) - wide.cumsum(axis=1) ** 2 / n) / np.maximum(n - 1, 1)
    variance = np.maximum(near.var(axis=1, ddof=1), 0.5)[:, None]
    errors = np.maximum(own, variance) * _of_mean(phi, n)
    errors = errors + variance * _of_mean(phi, np.array([[near.shape[1]]]))
    strengths = np.where(np.abs(apart) * unit < math.log(1.05), 0.0, np.abs(apart) / errors**0.5)
    found: Array = strengths[:, steps.LEAST_AFTER - 1 :].max(axis=1)
    return found


def _coefficients(told: Array) -> Array:
    apart, runs = told - told.mean(axis=1, keepdims=True), told.shape[1]
    phi = (apart[:, 1:] * apart[:, :-1]).sum(axis=1) / (apart**2).sum(axis=1)
    phi = phi + (1 + 3 * phi) / runs + np.sqrt(np.maximum(1 - phi**2, 0.2) / runs)
    found: Array = np.clip(phi, 0, 0.95)
    return found


def _of_mean(phi: Array, n: NDArray[np.int64]) -> Array:
    found: Array = ((1 + phi) / (1 - phi) - 2 * phi * (1 - phi**n) / (n * (1 - phi) ** 2)) / n
    return found


def _found(kind: str, before: int, count: int) -> None:
    rng = np.random.default_rng((before, *kind.encode()))
    took = [_runs_until_seen(KINDS[kind], before, rng) for _ in range(count)]
    median, most = (_runs(np.quantile(took, share, method="higher")) for share in (0.5, 0.9))
    _say(
        f"{before:4} runs before, {kind:12} median {median}, 90 % within {most}; "
        f"within 10: {_share(took, 10):.0%}, within {AFTER}: {_share(took, AFTER):.0%}"
    )


def _runs_until_seen(noise: Noise, before: int, rng: np.random.Generator) -> float:
    """Return how many runs of the new level there were when it was seen; infinite if never."""
    logs = OF_DRIFT * noise(rng, before + AFTER)
    logs[before:] += STEP
    seen = (step.seen for step in steps.steps_of(list(np.exp(logs))) if step.seen >= before)
    return next((place - before + 1 for place in seen), math.inf)


def _share(took: Sequence[float], runs: int) -> float:
    return sum(each <= runs for each in took) / len(took)


def _runs(runs: float) -> str:
    return f"{runs:.0f}" if math.isfinite(runs) else f"more than {AFTER}"


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
