"""Whether the search finds capacities that are known, on a real server: `make capacity-truth`.

Some two minutes for each search, so not a part of the tests. Each truth follows from Little's law
or from what the server is told to keep to:

- `handlers`: 10 workers that take 5 ms each come to 2000 messages a second;
- `in-flight`: 50 messages under way of 20 ms each come to 2500, however many workers there are;
- `rate-limit`: four consumers that are each sent 28 Mbit/s at most, of messages of 8 KiB.

On a host that others use the second is out of reach: a message is under way for as long as it takes
to be handled and for its acks' way besides. So what was done at the most is told beside.

A search that is there already is taken as it is, and one that broke off goes on.
"""

import argparse
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bench.analysis.figures import Limit
from bench.analysis.summary import summarise
from bench.cli.kept import run_directories
from bench.core.ids import label_of
from bench.record.store import RunStore
from bench.seek.state import Sought, sought
from bench.seek.words import limits, short

LEAST, MOST = -0.05, 0.02
"""How far from the truth a confirmed capacity may lie."""

WRONG_OF_20 = 1

PAYLOAD_BYTES, ENVELOPE_BYTES = 8192, 80
"""Of a message, and about so many of its subject and headers, which the server counts as well."""

RATE_LIMIT_BPS = 28_000_000

PROBE = {"warmup": "1s", "measure": "2s", "drain": "5s"}
SOAK = {"warmup": "1s", "measure": "5s", "drain": "5s"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """A configuration whose capacity is known.

    Attributes:
        workload, settings: as files have them.
        goals: short, so that a lag of tens of milliseconds breaks them.
        range_per_s: to seek within; the truth is in none of its doublings.
        capacity_per_s: what is true.
        limit: what limits it.
    """

    workload: dict[str, Any]
    settings: dict[str, Any]
    goals: tuple[str, ...]
    range_per_s: tuple[int, int]
    capacity_per_s: float
    limit: Limit


TRUTHS = {
    "handlers": Truth(
        workload={
            "kind": "stream",
            "payload": {"sizes": "128B"},
            "publish": {"rate": "1000/s"},
            "consume": {"workers": 10, "handler": {"time": "5ms"}},
        },
        settings={"consumer.max_ack_pending": 1000},
        goals=("end_to_end_p95 < 50ms",),
        range_per_s=(900, 6000),
        capacity_per_s=2000.0,
        limit=Limit.HANDLER,
    ),
    "in-flight": Truth(
        workload={
            "kind": "stream",
            "payload": {"sizes": "128B"},
            "publish": {"rate": "1000/s"},
            "consume": {"workers": 200, "handler": {"time": "20ms"}},
        },
        settings={"consumer.mode": "push", "consumer.max_ack_pending": 50},
        goals=("end_to_end_p95 < 80ms",),
        range_per_s=(900, 6000),
        capacity_per_s=2500.0,
        limit=Limit.ACKS,
    ),
    "rate-limit": Truth(
        workload={
            "kind": "fanout",
            "payload": {"sizes": "8KiB"},
            "publish": {"rate": "200/s"},
            "consumers": {"reader_{n}": {"count": 4, "workers": 10}},
        },
        settings={
            "stream.storage": "memory",
            "stream.max_msg_size": "256KiB",  # so much is caught up with at once
            "consumer.mode": "push",
            "consumer.rate_limit_bps": RATE_LIMIT_BPS,
        },
        goals=tuple(f"reader_{number}.end_to_end_p95 < 50ms" for number in range(4)),
        range_per_s=(150, 1000),
        capacity_per_s=RATE_LIMIT_BPS / 8 / (PAYLOAD_BYTES + ENVELOPE_BYTES),
        limit=Limit.RATE,
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a search said.

    Attributes:
        confirmed_per_s: None where it confirmed nothing.
        most_per_s: the most that was done at any rate: what this host lets the truth come to.
        limits: what is told to limit it.
    """

    confirmed_per_s: float | None
    most_per_s: float
    limits: tuple[Limit, ...]

    def off(self, truth: Truth) -> float | None:
        """Return by how much it is too high, as a share of the truth; None without a rate."""
        if self.confirmed_per_s is None:
            return None
        return self.confirmed_per_s / truth.capacity_per_s - 1

    def lies_near(self, truth: Truth) -> bool:
        """Say whether it is what it may be."""
        off = self.off(truth)
        return off is not None and LEAST <= off <= MOST

    def names(self, truth: Truth) -> bool:
        """Say whether it tells what limits it, and nothing else."""
        return self.limits == (truth.limit,)


def main() -> int:
    """Search, tell each answer as it comes, and say whether they were right often enough."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--searches", type=int, default=20, help="of each truth")
    parser.add_argument("--only", choices=tuple(TRUTHS), help="one truth, to see it sooner")
    parser.add_argument("--results", type=Path, default=Path("results/capacity-truth"))
    options = parser.parse_args()
    directory: Path = options.results
    names = [options.only] if options.only else list(TRUTHS)
    holds = [_holds(directory, name, options.searches) for name in names]
    _say("holds" if all(holds) else "does not hold")
    return 0 if all(holds) else 1


def _holds(directory: Path, name: str, searches: int) -> bool:
    truth = TRUTHS[name]
    answers = list(_answers(directory, name, searches))
    near = sum(each.lies_near(truth) for each in answers)
    named = sum(each.names(truth) for each in answers)
    offs = sorted(off for each in answers if (off := each.off(truth)) is not None)
    spread = f"{offs[0]:+.1%} to {offs[-1]:+.1%}" if offs else "nothing confirmed"
    _say(
        f"{name}: {near} of {searches} within {LEAST:+.0%} to {MOST:+.0%} of "
        f"{truth.capacity_per_s:.0f} msg/s ({spread}); {named} name {truth.limit}"
    )
    return searches - near <= WRONG_OF_20 * searches // 20 and named == searches


def _answers(directory: Path, name: str, searches: int) -> Iterator[Answer]:
    truth = TRUTHS[name]
    for number in range(1, searches + 1):
        begun_s = time.monotonic()
        found = _search(directory, name, number)
        told = found.limiting
        answer = Answer(
            confirmed_per_s=found.found.confirmed_per_s,
            most_per_s=_most(found),
            limits=() if told is None else tuple(dict.fromkeys(p.limit for p in told.parts)),
        )
        off = answer.off(truth)
        _say(
            f"{name} {number}: {short(found)}, {'nothing' if off is None else f'{off:+.1%}'}, "
            f"{answer.most_per_s:.0f} were done at the most, "
            f"{len(found.attempts)} rates in {time.monotonic() - begun_s:.0f} s"
            f"{'' if answer.lies_near(truth) else ', WRONG'}. "
            f"{'No limit is told.' if told is None else limits(told)}"
            f"{'' if answer.names(truth) else ' WRONG'}"
        )
        yield answer


def _most(found: Sought) -> float:
    trials = (trial for attempt in found.attempts for trial in attempt.cell.trials)
    done = (trial.rates.get(trial.record.cast.done, 0.0) for trial in trials)
    return max(done, default=0.0)


def _search(directory: Path, name: str, number: int) -> Sought:
    """Return the end of a search, from its records where it was there already."""
    label = f"{name}-{number}"
    kept = _kept(directory, label)
    if kept is None or not kept.over:
        words = (str(_written(directory, name, number)),) if kept is None else ("--resume", label)
        command = (sys.executable, "-m", "bench.cli.main", "capacity", *words, "--no-tui")
        done = subprocess.run(
            [*command, "--out", str(directory / "runs"), "--reports", str(directory / "reports")],
            capture_output=True,
            text=True,
            check=False,
        )
        kept = _kept(directory, label)
        if kept is None or not kept.over:
            raise SystemExit(f"{label}: ended with {done.returncode}:\n{done.stderr}")
    return kept


def _kept(directory: Path, label: str) -> Sought | None:
    for path in run_directories(directory / "runs"):
        if label_of(path.name) == label:
            (found,) = sought(summarise(RunStore(path)))
            return found
    return None


def _written(directory: Path, name: str, number: int) -> Path:
    """Write the files of a search; return that of the capacity."""
    truth, folder = TRUTHS[name], directory / "files"
    folder.mkdir(parents=True, exist_ok=True)
    low, high = truth.range_per_s
    sought_of = {
        "label": f"{name}-{number}",
        "workload": f"{name}-workload.yaml",
        "configs": [f"{name}-config.yaml"],
        "goals": list(truth.goals),
        "rate": {"from": f"{low}/s", "to": f"{high}/s"},
        "probe": PROBE,
        "soak": SOAK,
        "seed": number,
    }
    files = {
        f"{name}-workload.yaml": {"phases": SOAK, **truth.workload},
        f"{name}-config.yaml": {"question": "How much?", "variants": {name: truth.settings}},
        f"{name}-{number}.yaml": sought_of,
    }
    for file, content in files.items():
        (folder / file).write_text(yaml.safe_dump(content), encoding="utf-8")
    return folder / f"{name}-{number}.yaml"


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
