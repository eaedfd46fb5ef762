"""Made-up runs of known truth: what became of every message is decided first, then recorded.

The records are those that the measuring half would have kept (`bench.engine.keep`), from instants
as workers note them. The truth is counted here from the same instants, without a line of what is
tested.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.core.units import NS_PER_MS, NS_PER_S
from bench.engine.keep import Frame, keep
from bench.engine.losses import Backlog, Present
from bench.engine.pressure import Offer
from bench.engine.recorder import NEVER, ConsumerRecord, PublisherRecord
from bench.engine.trial import Outcome
from bench.plan.model import Cell, Plan, Trial
from bench.record.schema import Finding, Level, Window
from bench.record.store import RunStore
from tests.analysis import runs

RATE = 500
WARMUP_S, WINDOW_S, DRAIN_S = 1, 6, 1
WINDOW = Window(
    window_start_ns=WARMUP_S * NS_PER_S,
    window_end_ns=(WARMUP_S + WINDOW_S) * NS_PER_S,
    drained_ns=(WARMUP_S + WINDOW_S + DRAIN_S) * NS_PER_S,
)
MSGS = RATE * (WARMUP_S + WINDOW_S)
START_NS = 10**12
"""The trial's start on the workers' clock, which is far from 0."""

SEND_NS, STORE_NS, DELIVER_NS, ACK_NS = 20_000, 200_000, 300_000, 50_000
SCATTER = 0.01
"""Of trials of one cell, as a share."""

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What becomes of the messages of a trial.

    Attributes:
        handler_ms: how long one takes.
        behind: share of the rate that the handlers cannot take.
        early: messages are acknowledged when they come, before they are handled.
        refused, unsent, unanswered, vanished: so many of the window's messages have an error
            PubAck, are never handed over, get no answer (and are not stored), are stored and gone.
        stalled: of the window no message is delivered.
        stops: after so much of the window, as a share, no message is delivered any more.
        invalid: the measuring half said so.
    """

    handler_ms: float = 2.0
    behind: float = 0.0
    early: bool = False
    refused: int = 0
    unsent: int = 0
    unanswered: int = 0
    vanished: int = 0
    stalled: bool = False
    stops: float = 1.0
    invalid: bool = False

    @property
    def last_ns(self) -> int:
        """From then on no message is delivered."""
        share = 0.0 if self.stalled else self.stops
        stop = WINDOW.window_start_ns + round(share * WINDOW_S * NS_PER_S)
        return stop if share < 1 else WINDOW.drained_ns


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What is so of one trial.

    Attributes:
        counts: rule word -> messages.
        completion_ns_p95, end_to_end_ns_p95: endless where more than a twentieth never came so far.
        falls_behind: the work in hand grows by more than a fiftieth of the rate.
        valid: the measuring half has nothing against it.
    """

    counts: Mapping[str, int]
    completion_ns_p95: float
    end_to_end_ns_p95: float
    falls_behind: bool
    valid: bool

    @property
    def whole(self) -> bool:
        """Whether every message that was due was stored and none is lost."""
        return not any(self.counts.values())


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Instants:
    """Of every message, ns from the trial's start; NEVER where it did not happen."""

    intended: Ints
    sent: Ints
    stored: Ints
    received: Ints
    handled: Ints
    acked: Ints
    refused: Flags
    vanished: Flags


@dataclass(slots=True, kw_only=True)
class World:
    """A run on disk, and what is so of it.

    Attributes:
        store: the records.
        plan: of the run.
        truths: cell id -> its trials by block, from 1.
    """

    store: RunStore
    plan: Plan
    truths: dict[str, list[Truth]] = field(default_factory=dict)


def world(
    path: Path, fates: Mapping[str, Sequence[Fate]], changes: Mapping[str, object], seed: int
) -> World:
    """Make a run of cells by their names; the fates are those of their blocks."""
    cells = [runs.cell(name) for name in fates]
    plan = runs.plan(cells, blocks=max(map(len, fates.values())))
    plan = _changed(plan, changes)
    made = World(store=runs.store(path, plan), plan=plan)
    for trial in plan.trials:
        rng = np.random.default_rng([seed, trial.index])
        truth = _record(made.store, trial, plan.cell(trial.cell_id), _fate(fates, trial), rng)
        made.truths.setdefault(trial.cell_id, []).append(truth)
    return made


def _changed(plan: Plan, changes: Mapping[str, object]) -> Plan:
    return replace(plan, quick=False, **changes)  # type: ignore[arg-type]


def _fate(fates: Mapping[str, Sequence[Fate]], trial: Trial) -> Fate:
    return fates[trial.cell_id][trial.block - 1]


def _record(
    store: RunStore, trial: Trial, cell: Cell, fate: Fate, rng: np.random.Generator
) -> Truth:
    lived = _lived(fate, rng)
    frame = Frame(
        trial=trial,
        started_utc="2026-11-23T17:00:00+00:00",
        cast=cell.cast,
        offers={
            "publish": Offer(
                part="publish",
                role="publisher",
                publishers=1,
                window_msgs=256,
                one_by_one=False,
                tick_ns=250_000,
            )
        },
        software=None,
    )
    kept = keep(frame, _outcome(lived, fate, rng), {"publish": lived.intended})
    store.write_trial(kept.record, kept.intervals, kept.samples)
    return _truth(lived, fate)


def _lived(fate: Fate, rng: np.random.Generator) -> _Instants:
    intended = np.arange(MSGS, dtype=np.int64) * (NS_PER_S // RATE)
    of_window = np.flatnonzero(intended >= WINDOW.window_start_ns)
    ill = rng.permutation(of_window)
    refused, unsent, unanswered, vanished = _flags(
        ill, (fate.refused, fate.unsent, fate.unanswered, fate.vanished)
    )
    sent = np.where(unsent, NEVER, intended + SEND_NS)
    stored = np.where(unsent | refused | unanswered, NEVER, sent + STORE_NS)
    gone = vanished | (stored == NEVER)
    gone |= intended >= fate.last_ns
    received = np.where(gone, NEVER, stored + DELIVER_NS)
    took_ns = fate.handler_ms * NS_PER_MS * math.exp(rng.normal(0, SCATTER))
    done = received + took_ns * np.exp(rng.normal(0, 0.1, MSGS))
    if fate.behind:
        free = np.cumsum(~gone) / (RATE * (1 - fate.behind)) * NS_PER_S
        done = np.maximum(done, free)
    handled = np.where(gone | (done > WINDOW.drained_ns), NEVER, done).astype(np.int64)
    acked = received + ACK_NS if fate.early else np.where(handled == NEVER, NEVER, handled + ACK_NS)
    return _Instants(
        intended=intended, sent=sent, stored=stored, received=received, handled=handled,
        acked=np.where(received == NEVER, NEVER, acked), refused=refused, vanished=vanished,
    )  # fmt: skip


def _flags(ill: Ints, counts: Sequence[int]) -> list[Flags]:
    """Mark disjoint messages, so many of each kind."""
    ends = np.cumsum([0, *counts])
    made = [np.zeros(MSGS, dtype=np.bool_) for _ in counts]
    for flags, first, stop in zip(made, ends[:-1], ends[1:], strict=True):
        flags[ill[first:stop]] = True
    return made


def _outcome(lived: _Instants, fate: Fate, rng: np.random.Generator) -> Outcome:
    ids = np.arange(MSGS, dtype=np.int64)
    came = lived.received != NEVER
    seqs = np.cumsum(lived.stored != NEVER)
    left = np.flatnonzero((lived.stored != NEVER) & ~came & ~lived.vanished)
    waiting = int(np.count_nonzero(came & (lived.acked == NEVER)))
    gone = tuple(int(seq) for seq in seqs[lived.vanished])
    open_ = bool(left.size or waiting or np.any(came & (lived.handled == NEVER)))
    finding = Finding(level=Level.INVALID, code="made-up", text="It is made up so.")
    order = np.argsort(lived.received[came], kind="stable")
    return Outcome(
        completed=True,
        drained=not open_,
        start_ns=START_NS,
        window=WINDOW,
        backlogs={
            "consume": Backlog(
                msgs=left.size + waiting,
                stream_msgs=int(seqs[-1]),
                ack_pending_msgs=waiting,
                present=Present(first_seq=1, last_seq=int(seqs[-1]), deleted_seqs=gone),
            )
        },
        drivers={
            "publish": [
                PublisherRecord(
                    ids=ids,
                    sent_ns=_absolute(lived.sent),
                    stored_ns=_absolute(lived.stored),
                    outcome=lived.refused.astype(np.int64),
                    said=np.zeros_like(ids),
                )
            ]
        },
        observers={
            "consume": [
                ConsumerRecord(
                    ids=ids[came][order],
                    stream_seqs=seqs[came][order],
                    deliveries=np.ones(np.count_nonzero(came), dtype=np.int64),
                    received_ns=_absolute(lived.received[came][order]),
                    handled_ns=_absolute(lived.handled[came][order]),
                    acked_ns=_absolute(lived.acked[came][order]),
                    ending=np.zeros_like(ids[came][order]),
                )
            ]
        },
        rows=tuple(_rows(lived, rng)),
        findings=[finding] if fate.invalid else [],
    )


def _absolute(instants: Ints) -> Ints:
    return np.where(instants == NEVER, NEVER, instants + START_NS)


def _rows(lived: _Instants, rng: np.random.Generator) -> list[dict[str, int | None]]:
    """What the server says, once in each tenth of a second; what is gone it does not count."""
    stored = np.where(lived.vanished, NEVER, lived.stored)
    rows: list[dict[str, int | None]] = []
    for tenth in range(10 * (WARMUP_S + WINDOW_S + DRAIN_S)):
        now = int((tenth + rng.uniform()) * NS_PER_S / 10)
        pending = _by(stored, now) - _by(lived.received, now)
        unacked = _by(lived.received, now) - _by(lived.acked, now)
        rows.append(
            {"t_ns": now, "num_pending": pending, "num_ack_pending": unacked,
             "lag_msgs": pending + unacked, "num_redelivered": 0}
        )  # fmt: skip
    return rows


def _by(instants: Ints, now_ns: int) -> int:
    return int(np.count_nonzero((instants != NEVER) & (instants <= now_ns)))


def _truth(lived: _Instants, fate: Fate) -> Truth:
    inside = lived.intended >= WINDOW.window_start_ns
    return Truth(
        counts={
            "lost": fate.vanished,
            "refused": fate.refused,
            "unconfirmed": fate.unanswered,
            "not_sent": fate.unsent,
        },
        completion_ns_p95=_p95(lived.intended[inside], lived.handled[inside]),
        end_to_end_ns_p95=_p95(lived.intended[inside], lived.acked[inside]),
        falls_behind=fate.behind > 0.02 or fate.stalled or fate.stops < 1,
        valid=not fate.invalid,
    )


def _p95(intended: Ints, instants: Ints) -> float:
    """Of all messages; one that never came so far took for ever."""
    took = np.where(instants == NEVER, np.inf, instants - intended)
    return float(np.sort(took)[math.ceil(0.95 * took.size) - 1])
