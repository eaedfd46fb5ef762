"""What limits the consumer of a trial that was run."""

from collections.abc import Iterable
from dataclasses import replace

from bench.analysis.figures import Diagnosis
from bench.analysis.summary import summarise_trial
from bench.engine.keep import Kept
from bench.spec.variant import Settings
from bench.spec.workload import Workload
from tests.server.running import Tree, plan_of


def limit_in(kept: Kept, load: Workload, settings: Tree, but: Iterable[str] = ()) -> Diagnosis:
    """Return what limits the only part that handles, as if these findings had not been made."""
    cell = plan_of(load, Settings.model_validate(settings)).cell("cell")
    found = tuple(each for each in kept.record.findings if each.code not in but)
    record = replace(kept.record, findings=found)
    (limit,) = summarise_trial(record, kept.intervals, kept.samples, cell).diagnoses
    return limit
