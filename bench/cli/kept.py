"""The runs that are kept: all of them, and the one that a user names."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from bench.cli.console import errors
from bench.core.errors import StorageError, UsageError
from bench.core.ids import label_of
from bench.core.paths import there
from bench.core.words import nearest
from bench.record.store import RunStore


def run_directories(results: Path) -> list[Path]:
    """Return the directories of all runs, oldest first; StorageError where we may not look."""
    try:
        plans = [path / "plan.json" for path in results.iterdir()] if results.is_dir() else []
    except OSError as error:
        raise StorageError(f"{results}: cannot be read: {error.strerror or error}") from error
    return [plan.parent for plan in sorted(filter(there, plans), key=_written_s)]


def _written_s(path: Path) -> float:
    """Return when a file was written; of one that we may not look at, before all others."""
    with suppress(OSError):
        return path.stat().st_mtime
    return 0.0


def find_run(text: str, results: Path) -> RunStore:
    """Return the run of this name or path, or the newest that was called so when it began.

    Raises:
        UsageError: there is none; the nearest name is in the text.
        StorageError: we may not look.
    """
    known = run_directories(results)
    if text == "latest" and known:
        return RunStore(known[-1])
    for path in (results / text, Path(text)):
        if there(path / "plan.json"):
            return RunStore(path.resolve())
    if labelled := [path for path in known if label_of(path.name) == text]:
        return RunStore(_newest(text, labelled))
    raise UsageError(f"no run named '{text}'; {_advice(text, known, results)}")


def find_matrix(text: str, results: Path, verb: str) -> RunStore:
    """Return a run as `find_run` does, whose cells can be held against each other.

    Args:
        text: name or path of the run.
        results: where runs are kept.
        verb: that is to hold them so.

    Raises:
        UsageError: there is none, or it is a search: its trials were chosen by those before them.
        StorageError: we may not look.
        RecordError: its plan is broken.
    """
    store = find_run(text, results)
    plan = store.read_plan()
    if plan.search is not None:
        why = "the search for a capacity: each of its cells offers another rate"
    elif plan.tuning is not None:
        why = "the search for the best settings: what of it was measured again was chosen by luck"
    else:
        return store
    raise UsageError(
        f"{verb}: {store.run_id} is {why}, so none is a side of a comparison; "
        f"`jetbench show {store.run_id}` says what it found"
    )


def _newest(label: str, runs: Sequence[Path]) -> Path:
    """Return the newest of the runs of a label; where there are several, it is said which."""
    if len(runs) > 1:
        said = f"note: of {len(runs)} runs called {label} the newest, {runs[-1].name}"
        errors().print(said, markup=False, soft_wrap=True)
    return runs[-1]


def _advice(text: str, known: Sequence[Path], results: Path) -> str:
    if not known:
        return f"no run is in {results}"
    names = [path.name for path in reversed(known)]
    near = next((name for name in names if text in name), "")
    near = near or nearest(text, [*map(label_of, names), *names])
    advice = f"; did you mean '{near}'?" if near else ""
    count = f"{len(names)} runs are" if len(names) > 1 else "1 run is"
    return f"{count} in {results}, and `latest` is {names[0]}{advice}"
