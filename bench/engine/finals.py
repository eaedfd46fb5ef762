"""From the last words of processes to the state that each part came to."""

from collections.abc import Mapping

import numpy as np

from bench.engine.final import together
from bench.engine.table import Tables, happened
from bench.engine.trial import Outcome
from bench.record.finals import Final


def finals_of(outcome: Outcome, tables: Tables) -> Mapping[str, Final]:
    """Return the states that handlers of users came to, by the part that calls them.

    Args:
        outcome: of a trial.
        tables: what each part saw of what it was to see.
    """
    found: dict[str, dict[str, Final | None]] = {}
    for job in outcome.jobs:
        if job.call is not None:
            done = outcome.done.get(job.role)
            own = None if done is None else done.finals.get(job.part)
            found.setdefault(job.part, {})[job.role] = own
    return {
        part: together(
            each,
            killed=bool(outcome.fallen.get(part)),
            unhandled=int(np.count_nonzero(~happened(tables[part].handled_ns))),
        )
        for part, each in found.items()
    }
