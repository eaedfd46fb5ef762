"""How often a report tells equal variants apart, and unequal ones: `make headline-truth`.

Made-up runs, judged and worded from end to end. Their trials scatter as real ones did: `noise.csv`
holds what pairs of equal trials differed by, all figures of a trial together, on a crowded host of
two cores. For what is found, the same noise is scaled so that p99 scatters by 5 %.
"""

import argparse
import csv
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.analysis.decision import Decision, Told
from bench.analysis.figures import CellFigures, RunFigures, TimeFigures, TrialFigures
from bench.analysis.validity import baseline_of
from bench.gate.criteria import answer
from bench.judgement.choosing import KEEP
from bench.judgement.judge import judge
from tests.analysis import runs
from tests.gate.figures import figures_of, time_of, trial_of, with_trials

Array = NDArray[np.float64]

NOISE = Path(__file__).with_name("noise.csv")
P99 = "end_to_end_ns_p99"
EQUAL = ((2, 5), (5, 5), (8, 5), (14, 5), (5, 3), (8, 10))
"""Variants and blocks of runs of equal variants."""

UNEQUAL = ((5, 5), (5, 10), (8, 5), (8, 10))
CHANGES = (0.10, 0.20, -0.10, -0.20)
SPREAD = 0.05
HOST_SPREAD = 0.20
"""From block to block, for all variants alike."""

MOST = 0.10
"""Share of runs of equal variants in which anything may be told apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Noise:
    """What equal trials differ by.

    Attributes:
        keys: of the figures.
        logs: logarithms, a row for each real trial, shape (n, figures).
    """

    keys: tuple[str, ...]
    logs: Array

    def scaled(self, spread: float) -> "Noise":
        """The same noise, with p99 scattering by so much."""
        own = float(np.sqrt(np.mean(self.logs[:, self.keys.index(P99)] ** 2)))
        return Noise(keys=self.keys, logs=self.logs * (spread / own))


def main() -> int:
    """Make the runs, say what was told apart in how many, and whether that is seldom enough."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1000, help="of each number of equal variants")
    parser.add_argument("--planted", type=int, default=200, help="runs of each planted change")
    options = parser.parse_args()
    noise = read_noise()
    _say("equal variants: share of runs that tell any apart")
    worst = max(_equal(noise, cells, blocks, options.runs) for cells, blocks in EQUAL)
    _say(f"\none variant of several changed; p99 of a trial scatters by {SPREAD:.0%}")
    for cells, blocks in UNEQUAL:
        for change in CHANGES:
            _unequal(noise.scaled(SPREAD), (cells, blocks), change, options.planted)
    allowed = MOST + 3 * (MOST * (1 - MOST) / options.runs) ** 0.5
    _say("holds" if worst <= allowed else "does not hold")
    return 0 if worst <= allowed else 1


def read_noise() -> Noise:
    """Return the kept noise of real trials."""
    with NOISE.open(encoding="utf-8", newline="") as file:
        keys, *rows = csv.reader(file)
    return Noise(keys=tuple(keys), logs=np.array(rows, dtype=float))


def _equal(noise: Noise, cells: int, blocks: int, count: int) -> float:
    told: Counter[str] = Counter()
    for seed in range(count):
        claims = set(claimed(made_up(noise, (cells, blocks), seed)))
        told.update(claims)
        told["any of them"] += bool(claims)
    views = ("headline", "choice", "changes", "answer", "any of them")
    shares = ", ".join(f"{view} {told[view] / count:.1%}" for view in views)
    _say(f"{cells:2} variants, {blocks:2} blocks: {shares}")
    return told["any of them"] / count


def _unequal(noise: Noise, shape: tuple[int, int], change: float, count: int) -> None:
    found = sum(_found(made_up(noise, shape, seed, change), change) for seed in range(count))
    what = "told from the baseline" if change > 0 else "told from all others"
    cells, blocks = shape
    _say(f"1 of {cells}, {blocks:2} blocks, {change:+.0%}: {what} in {found / count:.0%}")


def _found(run: RunFigures, change: float) -> bool:
    (workload,) = run.workloads
    decision: Decision = workload.decisions[P99]
    planted = workload.cells[-1].cell.id
    if change < 0:
        return all(decision.worse(each, planted) for each in decision.ids if each != planted)
    return decision.worse(planted, baseline_of(workload, "").cell.id)


def made_up(noise: Noise, shape: tuple[int, int], seed: int, change: float = 0.0) -> RunFigures:
    """Return a run of (variants, blocks); the last variant's times are changed by a share."""
    variants, blocks = shape
    rng = np.random.default_rng((seed, variants, blocks))
    rows = rng.integers(0, len(noise.logs), (variants, blocks))
    logs = noise.logs[rows] + rng.normal(0, HOST_SPREAD, (1, blocks, 1))
    times = ["_ns_" in key for key in noise.keys]
    logs[-1, :, times] += np.log1p(change)
    cells = [_cell(f"v{n}", noise.keys, logs[n]) for n in range(variants)]
    plan = replace(runs.plan([c.cell for c in cells], blocks=blocks), success=("p99 < 1h",))
    return figures_of(plan, {"small-events": cells})


def _cell(name: str, keys: Sequence[str], logs: Array) -> CellFigures:
    cell = runs.cell(name)
    trials = []
    for block, row in enumerate(logs, start=1):
        bare = trial_of(cell, block, 1.0)
        trials.append(_trial(bare, dict(zip(keys, np.exp(row).tolist(), strict=True))))
    return with_trials(cell, trials)


def _trial(bare: TrialFigures, factors: dict[str, float]) -> TrialFigures:
    assert bare.lag is not None
    times: dict[str, TimeFigures] = {}
    for key, factor in factors.items():
        time, is_time, word = key.partition("_ns_p")
        if is_time:
            made = times.setdefault(time, time_of(10.0))
            told = {**made.percentiles_ns, float(word.replace("_", ".")): round(1e7 * factor)}
            times[time] = replace(made, percentiles_ns=told)
    cpu = {role: 100 * factors[f"{role}_cpu_us_per_msg"] for role in _roles(factors)}
    peak = round(20 * factors["lag_msgs_peak"])
    rates = {**bare.rates, "acked": 1000.0 * factors["acked_msgs_per_s"]}
    return replace(
        bare,
        times=times,
        cpu_us_per_msg=cpu,
        lag=replace(bare.lag, peak_msgs=float(peak)),
        rates=rates,
    )


def _roles(factors: dict[str, float]) -> list[str]:
    return [key.partition("_")[0] for key in factors if key.endswith("_cpu_us_per_msg")]


def claimed(run: RunFigures) -> Iterator[str]:
    """Yield the views that tell any variants of a run apart."""
    found = judge(replace(run, plan=replace(run.plan, success=())))
    if not found.headline.startswith("No "):
        yield "headline"
    if found.boxes.choose.word != KEEP:
        yield "choice"
    changes = [c for w in found.workloads for cell in w.cells for c in cell.changes.values()]
    if any(change.told in (Told.MORE, Told.LESS) for change in changes):
        yield "changes"
    asked = answer(run)
    assert asked is not None
    assert asked.recommended
    if len(asked.alike) < len(run.workloads[0].cells) - 1:
        yield "answer"


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
