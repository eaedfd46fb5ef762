"""Whether every shipped matrix runs as shipped and all its checks are made: `make workloads`.

Each is run with `--quick` in one block on the embedded server. What must hold is read from the
judgement: each check of each workload was made in every trial, and holds. It says what it found,
and ends with 1 where something did not hold.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import yaml

from bench.core.errors import ExitCode
from bench.core.marks import State
from bench.spec.lookup import shipped_root

LEFT_OUT = {"full", "quickstart", "client", "publish-mode"}
"""Of one stream alone: other tests run them, and they take most of an hour."""

SIDE_BY_SIDE = 2
"""So many matrices run at a time: checks are asked for here, and no figures."""

SHOWS_FAULTS = {"delivery-semantics"}
"""Some of its variants lose or double effects, which is what it is for: 1 is their exit code."""

BRIEF = {"handler-kinds": {"warmup": "500ms", "measure": "1500ms", "drain": "5s"}}
"""Of many cells: checks are asked for alone, and a shorter window asks for them as well."""


def main() -> int:
    """Run what is shipped, and say of each matrix what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="matrices whose name begins so")
    options = parser.parse_args()
    names = [name for name in _shipped() if name.startswith(options.only)]
    with (
        tempfile.TemporaryDirectory(prefix="jetbench-workloads-") as directory,
        ThreadPoolExecutor(SIDE_BY_SIDE) as pool,
    ):
        found = pool.map(lambda name: [*_run(name, Path(directory))], names)
        faults = [fault for each in found for fault in each]
    for fault in faults:
        _say(f"not so: {fault}")
    return 1 if faults or not names else 0


def _shipped() -> list[str]:
    paths = shipped_root().glob("configs/matrices/*.yaml")
    return sorted(path.stem for path in paths if path.stem not in LEFT_OUT)


def _run(name: str, directory: Path) -> Iterator[str]:
    """Run a matrix; yield what did not hold."""
    begun_s = time.monotonic()
    code, said = _look(directory, name)
    if code == ExitCode.INVALID:  # a busy host gets another look
        _say(f"{name}: measured again, for it ended with {code}: {said.splitlines()[0]}")
        code, said = _look(directory, name)
    runs = sorted(directory.glob(f"results/{name}-*"))
    if code != (1 if name in SHOWS_FAULTS else 0) or not runs:
        yield f"{name}: jetbench run ended with {code}: {said[-2000:]}"
        return
    code, said = _jetbench(directory, "show", runs[-1].name, "--json")
    judged = json.loads(said)
    checks = [each for workload in judged["workloads"] for each in workload["held"]]
    took_s = time.monotonic() - begun_s
    _say(f"{name}: {judged['boxes']['failed']['text']} {len(checks)} checks, {took_s:.0f} s")
    yield from _faults(name, checks)


def _look(directory: Path, name: str) -> tuple[int, str]:
    matrix = _in_brief(directory, name) if name in BRIEF else name
    return _jetbench(directory, "run", matrix, "--quick", "--blocks", "1", "--no-tui")


def _in_brief(directory: Path, name: str) -> str:
    """Return where a copy of a shipped matrix stands whose phases are shorter."""
    shipped = shipped_root() / f"configs/matrices/{name}.yaml"
    matrix = {**yaml.safe_load(shipped.read_text("utf-8")), "phases": BRIEF[name]}
    path = directory / f"{name}.yaml"
    path.write_text(yaml.safe_dump(matrix), "utf-8")
    return str(path)


def _wanted(name: str) -> set[State]:
    return {State.HOLDS, State.FAILS} if name in SHOWS_FAULTS else {State.HOLDS}


def _faults(name: str, checks: list[dict[str, Any]]) -> Iterator[str]:
    if not checks:
        yield f"{name}: no check was made"
    for check in checks:
        if check["state"] not in _wanted(name):
            yield f"{name}: {check['name']}: {check['state']} ({check['first'] or 'nowhere'})"


def _jetbench(directory: Path, *words: str) -> tuple[int, str]:
    ran = subprocess.run(
        [sys.executable, "-m", "bench.cli.main", *words],
        cwd=directory,
        check=False,
        capture_output=True,
        text=True,
    )
    return ran.returncode, ran.stdout + (ran.stderr if ran.returncode else "")


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
