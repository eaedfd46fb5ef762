"""Going on with a run: whether it may be, and how, once it broke off."""

import shlex

from bench.cli.console import errors
from bench.cli.options import DEFAULT_RESULTS
from bench.core.errors import BenchError, RecordError, UsageError
from bench.plan.model import Plan
from bench.record.schema import Environment
from bench.record.store import RunStore
from bench.runner.target import EmbeddedTarget, Target


def verb_of(plan: Plan) -> str:
    """Return the verb that measures a plan to its end."""
    if plan.tuning is not None:
        return "tune"
    return "run" if plan.search is None else "capacity"


def kept_plan(store: RunStore, verb: str) -> Plan:
    """Return the plan of a run that is gone on with; whoever asks holds its directory.

    A broken record is told before the rest is measured, not after.

    Raises:
        UsageError: another verb goes on with it.
        RecordError: its plan or a record is broken.
    """
    plan = store.read_plan()
    if verb_of(plan) != verb:
        way = f"jetbench {verb_of(plan)} --resume {store.run_id}"
        raise UsageError(f"--resume: {store.run_id} is {_WHAT[verb_of(plan)]}; use `{way}`")
    for trial in store.kept(plan):
        try:
            store.read_whole(trial, plan.cell(trial.cell_id).cast)
        except RecordError as error:
            advice = "remove the trial's directory to have it measured again"
            raise RecordError(f"{error}; {advice}") from error
    return plan


_WHAT = {
    "run": "a matrix, and seeks nothing",
    "capacity": "the search for a capacity",
    "tune": "the search for the best settings",
}
"""What each verb measures."""


def require_same(before: Environment, now: Environment) -> None:
    """A run is one comparison: its parts must come from one host, server and jetbench.

    Raises:
        UsageError: they would not.
    """
    for what in ("host", "server", "server_version", "jetbench"):
        was, found = getattr(before, what), getattr(now, what)
        if was != found:
            raise UsageError(
                f"--resume: the run was begun with {what} {was}, and this is {found}; "
                "its trials would not be comparable. Start a new run"
            )


def say_how_to_go_on(plan: Plan, store: RunStore, target: Target, error: BaseException) -> None:
    """Say what is kept of a run that broke off, and the command that goes on with it."""
    kept, planned = len(store.kept(plan)), len(plan.trials)
    broke = isinstance(error, BenchError)
    grows = verb_of(plan) != "run"
    if broke and kept == planned and not grows:
        return  # nothing is left to go on with
    said = f"{'broke off' if broke else 'interrupted'}: {kept} of {planned} trials are kept"
    so_far = ", of those planned so far," if grows else ""
    mended = " when what is told below is mended" if broke else ""
    errors().print(
        f"{said}{so_far} in {store.path}; go on with `{_resuming(plan, store, target)}`{mended}",
        markup=False,
        soft_wrap=True,
    )


def _resuming(plan: Plan, store: RunStore, target: Target) -> str:
    """Return the command that goes on with a run; a server's address is left to who typed it."""
    elsewhere = store.path.parent.resolve() != DEFAULT_RESULTS.resolve()
    out = f" --out {shlex.quote(str(store.path.parent))}" if elsewhere else ""
    server = "" if isinstance(target, EmbeddedTarget) else " --server …"
    return f"jetbench {verb_of(plan)} --resume {store.run_id}{out}{server}"
