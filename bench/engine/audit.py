"""What a kind of workload says by itself of a trial that is over: what must be true then.

A kind may count entries of its own, from what all parts saw and from what the server holds at the
end, and may say that an operation was done by another one (`tables`). What it cannot tell it counts
as UNKNOWN, and never leaves out.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from bench.broker.latest import Held
from bench.broker.letters import Letter
from bench.clients.port import IntArray
from bench.engine.losses import Backlog
from bench.engine.recorder import ConsumerRecord, PublisherRecord
from bench.engine.setting_back import WasSetBack
from bench.engine.table import Tables
from bench.record.schema import Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """All that is known of a trial that is over.

    Attributes:
        tables: what each part did or saw.
        drivers, observers: what their processes wrote down, by part.
        held: the last message of each subject that the server holds; None where it was not told.
        letters: what was given up and posted, as the server holds it; likewise.
        given_up_seqs: places of what the server gave up, as far as the sampler heard, by part.
        start_ns: of the trial, on the clock of the records.
        counts: what processes counted by themselves, added up by part and by what is counted.
        rows: what was sampled (bench.record.samples).
        broken_off: it ended before its time, so that what had not come may have been on its way.
        backlogs: what the server held for each part at the end; absent where it holds nothing.
        set_back: what was done to a consumer within the window; None where nothing was.
    """

    tables: Tables
    drivers: Mapping[str, Sequence[PublisherRecord]]
    observers: Mapping[str, Sequence[ConsumerRecord]]
    held: Held | None
    start_ns: int
    counts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    rows: Sequence[Mapping[str, int | None]] = ()
    broken_off: bool = False
    backlogs: Mapping[str, Backlog] = field(default_factory=dict)
    set_back: WasSetBack | None = None
    letters: Sequence[Letter] | None = None
    given_up_seqs: Mapping[str, Sequence[int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Audited:
    """What a kind says of it.

    Attributes:
        tables: what each part did or saw, as the kind reads it.
        counts: what it counts otherwise than `bench.engine.accounts`, by part and by what is
            counted; UNKNOWN where nobody can tell.
        findings: examples of what does not hold.
        taken: ids, in their flow, of what limits of a stream took before it came to a part, by
            part, each of shape (k,).
    """

    tables: Tables
    counts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    taken: Mapping[str, IntArray] = field(default_factory=dict)


Audit = Callable[[Evidence], Audited]


def as_it_is(evidence: Evidence) -> Audited:
    """Return that nothing is to be said besides."""
    return Audited(tables=evidence.tables)
