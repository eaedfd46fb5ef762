"""What is sent when: every message of a trial, decided before the first one leaves.

Pure: the same workload and seed give the same traffic on every machine.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from bench.plan.arrays import IntArray
from bench.plan.arrivals import intended_ns
from bench.plan.choosing import choose
from bench.plan.crashes import deal_crashes
from bench.plan.dealing import deal
from bench.plan.faults import NONE, Faults, deal_faults
from bench.plan.payload import BARE, ID_DIGITS, PayloadTemplate, id_alone, templates
from bench.plan.spoiling import spoiled
from bench.plan.tracing import Dealer, dealer_of
from bench.spec.bad import REPLAYED
from bench.spec.crashes import Crash
from bench.spec.handler import Constant, Empirical, Handler, Lognormal, Uniform
from bench.spec.keys import Act
from bench.spec.workload import Load, Payload

__all__ = [
    "ID_DIGITS",
    "IntArray",
    "Load",
    "PayloadTemplate",
    "Traffic",
    "Traffics",
    "make_traffic",
    "make_traffics",
    "seed_of",
]

PUBLISHES = Act(name="publish", share=1.0)
"""What an operation does where nothing else is said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """All messages of a trial in the order they are due; message id = index.

    Attributes:
        intended_ns: when each is due, ns from the trial's start, never descending, shape (n,).
        subjects: every subject in use, without jetbench's prefix.
        subject_index: index into `subjects` of each, shape (n,).
        payloads: one template for each size in use; a last one holds nothing but an id, where
            some act asks for that.
        payload_index: index into `payloads` of each, shape (n,).
        signed_as: index of the payload that was signed, by that of one that was tampered with.
        handler_ns: how long its handler takes, shape (n,).
        acts: what operations may do; the first publishes a payload.
        act_index: index into `acts` of each, shape (n,).
        faults: what is wrong with some for whoever handles them.
        crashes: the messages at which the process that handles them ends itself, by id.
    """

    intended_ns: IntArray
    subjects: Sequence[str]
    subject_index: IntArray
    payloads: tuple[PayloadTemplate, ...]
    payload_index: IntArray
    handler_ns: IntArray
    acts: tuple[Act, ...]
    act_index: IntArray
    faults: Faults = NONE
    crashes: Mapping[int, Crash] = field(default_factory=dict)
    signed_as: Mapping[int, int] = field(default_factory=dict)

    @property
    def replays(self) -> bool:
        """Whether what says again what another one said is an old message that is replayed."""
        return any(act.name == REPLAYED for act in self.acts)

    @property
    def carried(self) -> IntArray:
        """The id that each message carries: its own, or that of the one it says again, (n,)."""
        return _carried(self.acts, self.act_index, self.intended_ns)

    @property
    def firsts(self) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Which messages do not say again what another one said, shape (n,)."""
        alone: np.ndarray[tuple[int], np.dtype[np.bool_]]
        alone = self.carried == np.arange(self.act_index.size)
        return alone


def make_traffics(loads: Mapping[str, Load], seed: int) -> Mapping[str, Traffic]:
    """Return the traffic of each part that drives, by its name."""
    return {part: make_traffic(load, seed_of(loads, part, seed)) for part, load in loads.items()}


def seed_of(loads: Mapping[str, Load], part: str, seed: int) -> int:
    """Return the seed of a part's traffic: the trial's own for the first part, else another."""
    place = list(loads).index(part)
    return seed if place == 0 else int(np.random.SeedSequence([seed, place]).generate_state(1)[0])


class Traffics:
    """The traffic of loads, of which several may be the same but for what is done with each."""

    def __init__(self) -> None:
        self._made: list[tuple[Load, int, Traffic]] = []

    def of(self, load: Load, seed: int) -> Traffic:
        """Return the traffic of a load; what it has in common with an earlier one is shared."""
        for known, known_seed, traffic in self._made:
            if known_seed == seed and replace(known, handler=load.handler) == load:
                if known.handler == load.handler:
                    return traffic
                *_, handlers, _, _ = map(np.random.default_rng, _streams(seed))
                handler_ns = handler_times_ns(load.handler, traffic.intended_ns.size, handlers)
                return replace(traffic, handler_ns=handler_ns)
        traffic = make_traffic(load, seed)
        self._made.append((load, seed, traffic))
        return traffic


def make_traffic(load: Load, seed: int) -> Traffic:
    """Return the traffic of a trial.

    Args:
        load: of one class of operations.
        seed: of the trial. Every aspect draws from a stream of its own, so that two loads that
            differ in one aspect share all others.
    """
    arrivals, subjects, sizes, contents, handlers, doings, faults = map(
        np.random.default_rng, _streams(seed)
    )
    dealer = None if load.trace is None else dealer_of(load.trace)
    due_ns = _due_ns(load, dealer, arrivals)
    in_warmup = int(np.searchsorted(due_ns, load.phases.warmup_ns))
    counts = (in_warmup, len(due_ns) - in_warmup)
    names = load.subjects.names
    traffic = Traffic(
        intended_ns=due_ns,
        subjects=names,
        subject_index=choose(counts, len(names), load.choice, due_ns, subjects),
        payloads=templates(load.payload, contents),
        payload_index=deal(counts, list(load.payload.sizes.values()), sizes),
        handler_ns=handler_times_ns(load.handler, len(due_ns), handlers),
        acts=(load.usual or PUBLISHES,),
        act_index=np.zeros(len(due_ns), dtype=np.int64),
        faults=deal_faults(load.faults, counts, faults),
    )
    if load.bare:
        traffic = _without_payload(traffic)
    if dealer is not None:
        traffic = _dealt(traffic, dealer, load.payload)
    if traffic.faults.spoil:
        made = spoiled(traffic.payloads, traffic.payload_index, traffic.faults)
        traffic = replace(
            traffic, payloads=made.payloads, payload_index=made.index, signed_as=made.signed_as
        )
    if load.acts:
        traffic = _with_acts(traffic, load.acts, counts, doings)
    return _with_crashes(traffic, load.crashes, in_warmup, faults) if load.crashes else traffic


def _with_crashes(
    traffic: Traffic, crashes: Sequence[Crash], in_warmup: int, rng: np.random.Generator
) -> Traffic:
    """Return traffic with the messages of the window at which processes end themselves."""
    able = traffic.firsts & ~traffic.faults.befallen(traffic.act_index.size)
    able[:in_warmup] = False
    messages = able.size - in_warmup
    dealt = deal_crashes(crashes, messages, np.flatnonzero(able), rng)
    return replace(traffic, crashes=dealt)


def _without_payload(traffic: Traffic) -> Traffic:
    return replace(traffic, payloads=(BARE,), payload_index=np.zeros_like(traffic.payload_index))


def _due_ns(load: Load, dealer: Dealer | None, rng: np.random.Generator) -> IntArray:
    if dealer is not None and dealer.traced.times == "trace":
        return dealer.intended_ns(load.phases)
    if load.laid is None:
        return intended_ns(load.publish, load.phases, rng)
    return np.full(load.laid, load.phases.warmup_ns, dtype=np.int64)


def _dealt(traffic: Traffic, dealer: Dealer, payload: Payload) -> Traffic:
    """Return traffic with the subjects and sizes of a trace, in its order."""
    count = traffic.intended_ns.size
    return replace(
        traffic,
        subject_index=dealer.subject_index(count),
        payloads=dealer.contents(traffic.payloads),
        payload_index=dealer.payload_index(count, payload),
    )


def _streams(seed: int) -> Sequence[np.random.SeedSequence]:
    """Return a stream of randomness for each aspect: the third from the end is that of handlers."""
    return np.random.SeedSequence(seed).spawn(7)


def _with_acts(
    traffic: Traffic, acts: Sequence[Act], counts: Sequence[int], rng: np.random.Generator
) -> Traffic:
    """Return traffic of which some operations do something else; they hold their id alone."""
    every = (replace(traffic.acts[0], share=1 - sum(act.share for act in acts)), *acts)
    index = deal(counts, [act.share for act in every], rng)
    empty = np.array([act.empty for act in every])[index]
    carried = _carried(every, index, traffic.intended_ns)
    of_each = np.where(empty, len(traffic.payloads), traffic.payload_index)
    return replace(
        traffic,
        payloads=(*traffic.payloads, id_alone(traffic.payloads[0].id_offset)),
        payload_index=of_each[carried],
        subject_index=traffic.subject_index[carried],
        acts=every,
        act_index=index,
    )


def _carried(acts: Sequence[Act], act_index: IntArray, due_ns: IntArray) -> IntArray:
    """Return the id that each message carries; what nothing stands before carries its own."""
    own = np.arange(act_index.size)
    again = np.array([act.again for act in acts])[act_index]
    if not again.any():
        return own
    said, turns = np.where(again, -1, own), max(act.turns for act in acts)
    after_ns = max(act.after_ns for act in acts)
    for first in range(turns):
        said[first::turns] = _said_before(said[first::turns], due_ns[first::turns], after_ns)
    return np.where(again & (said >= 0), said, own)


def _said_before(said: IntArray, due_ns: IntArray, after_ns: int) -> IntArray:
    """Return the last message of a publisher that is so old, of each; -1 where there is none.

    Args:
        said: ids, -1 of what says none, shape (n,).
        due_ns: never descending, shape (n,).
        after_ns: how old it is to be.
    """
    old = np.searchsorted(due_ns, due_ns - after_ns, side="right") - 1
    last = np.minimum(old, np.arange(said.size))
    return np.where(last < 0, -1, np.maximum.accumulate(said)[last])


def handler_times_ns(handler: Handler, count: int, rng: np.random.Generator) -> IntArray:
    """Return how long so many handlers take, ns, shape (count,)."""
    match handler.time:
        case Constant(constant_ns=every_ns):
            return np.full(count, every_ns, dtype=np.int64)
        case Uniform(from_ns=low_ns, to_ns=high_ns):
            return rng.integers(low_ns, high_ns, size=count, endpoint=True)
        case Empirical(times_ns=times_ns):
            return rng.choice(np.array(times_ns, dtype=np.int64), size=count)
        case Lognormal(p50_ns=p50_ns, sigma=sigma):
            return rng.lognormal(np.log(p50_ns), sigma, size=count).astype(np.int64)
