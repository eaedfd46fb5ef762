"""How often gates are right on this machine: `make gate-truth`.

Measures independent gates with `--quick` windows, first of equal sides, then with a handler that is
a fifth slower on the candidate's side. Minutes for each gate, so not a part of the tests.

A gate that came out invalid, because the hypervisor took the cores, say, has said nothing: it is
told, and measured again a few times. Verdicts that are there already are taken as they are, so that
it can be broken off and goes on.
"""

import argparse
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import yaml

RATE = 500
WORKLOAD = {
    "kind": "stream",
    "description": "A handler that outweighs everything else.",
    "payload": {"sizes": "128B"},
    "publish": {"rate": f"{RATE}/s"},
    "consume": {"workers": 40, "handler": {"time": "20ms"}},
}
GATES = {
    "description": "End-to-end time is no worse.",
    "gates": ["p50 vs baseline <= +10%", "p95 vs baseline <= +10%", "lost == 0"],
    "workloads": {"slow-handler": []},
}
KINDS: dict[str, tuple[str, ...]] = {"equal": (), "planted": ("--plant-slow-handler", "20%")}
"""What a gate is measured of, and the options that make it so."""

RED_OF_20 = {"equal": (0, 1), "planted": (19, 20)}
"""How many of 20 may be red, at least and at most."""

ATTEMPTS = 4
VERDICT_CODES = (0, 1, 3, 4)


def main() -> int:
    """Measure, tell each verdict as it comes, and say whether they were right often enough."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gates", type=int, default=20, help="of each kind")
    parser.add_argument("--directory", type=Path, default=Path("results/gate-truth"))
    parser.add_argument("--only", choices=tuple(KINDS), help="one kind, to see it sooner")
    options = parser.parse_args()
    directory: Path = options.directory
    _write_files(directory)
    right = True
    for kind in [options.only] if options.only else KINDS:
        verdicts = Counter(_gates(directory, kind, options.gates))
        least, most = (share * options.gates / 20 for share in RED_OF_20[kind])
        right = right and least <= verdicts["fail"] <= most
        _say(f"{kind}: {dict(verdicts)}; red in {least:g} to {most:g} of {options.gates}")
    _say("holds" if right else "does not hold")
    return 0 if right else 1


def _write_files(directory: Path) -> None:
    files = {"workloads/slow-handler.yaml": WORKLOAD, "gates.yaml": GATES}
    for name, content in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")


def _gates(directory: Path, kind: str, count: int) -> Iterator[str]:
    for number in range(1, count + 1):
        verdict_file = directory / f"{kind}-{number:02d}.json"
        for attempt in range(ATTEMPTS):
            if attempt or not verdict_file.exists():
                _measure(directory, verdict_file.name, number + 1000 * attempt, KINDS[kind])
            verdict = json.loads(verdict_file.read_text(encoding="utf-8"))
            judged = "; ".join(
                f"{outcome['figure']} {outcome['reason']}" for outcome in verdict["outcomes"][:2]
            )
            _say(f"{kind} {number}: {verdict['verdict']}: {judged}")
            if verdict["verdict"] != "invalid":
                break
        yield verdict["verdict"]


def _measure(directory: Path, verdict_file: str, seed: int, more: tuple[str, ...]) -> None:
    command = [
        *(sys.executable, "-m", "bench.cli.main", "gate", "--rules", "gates.yaml", "--quick"),
        *("--baseline-config", "pull-batch/batch-50", "--seed", str(seed)),
        *("--json", verdict_file, *more),
    ]
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)
    if done.returncode not in VERDICT_CODES:
        raise SystemExit(done.stderr)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
