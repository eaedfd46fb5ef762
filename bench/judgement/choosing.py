"""What to choose: by the changes of every variant over the workloads, or by what was asked.

Never what falls short, nor what perhaps does, and nothing on a hint alone: a variant is taken that
the blocks tell to be faster than the baseline by more than the margin under some workload, and that
is worse under none.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from bench.core import text
from bench.gate.criteria import Answer
from bench.gate.verdict import GateResult
from bench.judgement.cells import unseen
from bench.judgement.changes import directed, size_of, verb
from bench.judgement.model import MARGIN, Box, CellJudgement, Change, Side, WorkloadJudgement
from bench.judgement.names import listed, spoken
from bench.spec.metrics import Better
from bench.stats.compare import Verdict
from bench.stats.simultaneous import MIN_BLOCKS

ASKS = "What to choose"
KEEP = "Keep the baseline"
NOTHING = "Nothing to choose"
DEPENDS_ON_WORKLOAD = "Depends on the workload"
DEPENDS_ON_COUNTS = "Depends on what counts"
NOT_THE_BASELINE = "Not the baseline"

TIME_DECIDED = "Faster: decided; its cost: not"
WITH_RESERVE = "Faster: decided, with a doubt"

MOST_NAMED = 2
"""So many that may be faster are named."""

Judged = Sequence[WorkloadJudgement]


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """A variant beside the baseline under one workload."""

    workload: WorkloadJudgement
    cell: CellJudgement

    @property
    def time(self) -> Change | None:
        """By the figure that cells are ranked by."""
        return self.cell.changes.get(self.workload.primary.key)

    @property
    def price(self) -> Change | None:
        """By what it costs."""
        return self.cell.changes.get(self.workload.price.key)

    def leads(self, side: Side) -> list[Change]:
        """Return the changes, of time and price, that lead to a side."""
        return [each for each in (self.time, self.price) if each is not None and each.side is side]

    @property
    def faster(self) -> bool:
        """Whether the blocks tell its time to be shorter by more than the margin."""
        return self.time is not None and self.time.decided and self.time.side is Side.BETTER

    @property
    def unseen(self) -> tuple[str, ...]:
        """What must hold of it and nobody can tell: it may be faster for what it leaves out."""
        return unseen(self.cell.cell)

    @property
    def worse(self) -> bool:
        """Whether anything speaks against it, be it a hint, or that nobody could see."""
        return not self.cell.contends or bool(self.unseen or self.leads(Side.WORSE))

    @property
    def where(self) -> str:
        """The workload, for a sentence."""
        return f"under {spoken(self.workload.figures.name)}"


def choose(workloads: Judged, answer: Answer | None, gate: GateResult | None = None) -> Box:
    """Return what to choose; what was asked of the run goes before what the changes say."""
    if gate is not None:
        return _by_gate(gate, workloads)
    return _by_changes(workloads) if answer is None else _by_criteria(answer, workloads)


def _by_changes(workloads: Judged) -> Box:
    told = [each for each in workloads if not each.reproach]
    if not told:
        why = next((each.reproach for each in workloads), "nothing was measured")
        return _box(NOTHING, f"{capital(why)}.")
    variants = list(besides(told).values())
    if not variants:
        return _box(NOTHING, "Only one variant was measured.")
    if takers := _takers(workloads):
        return _taken(takers)
    if not all(each.baseline.contends for each in told):
        return _instead_of_baseline(workloads, variants)
    return _kept(told, variants)


def besides(workloads: Judged) -> dict[tuple[str, ...], list[Beside]]:
    """Return every variant but the baseline, by its names, under each workload that has it."""
    found: dict[tuple[str, ...], list[Beside]] = {}
    for workload in workloads:
        for cell in workload.cells:
            if not cell.is_baseline:
                key = (cell.name, *cell.others)
                found.setdefault(key, []).append(Beside(workload=workload, cell=cell))
    return found


def open_points(workloads: Judged) -> list[str]:
    """Return what could still overturn the choice, for all that the blocks tell."""
    if takers := _takers(workloads):
        return list(_against_taking(takers[0]))
    told = [each for each in workloads if not each.reproach]
    doubts = [
        f"of the baseline under {spoken(each.figures.name)}: {reason}"
        for each in told
        for reason in each.baseline.reasons
    ]
    variants = besides(told).values()
    doubts += [
        f"of {spoken(each.cell.short)} {each.where}: {reason}"
        for of in variants
        for each in of
        if any(one.faster for one in of)
        for reason in each.unseen
    ]
    names = [of[0].cell.short for of in variants if any(map(_may_be_faster, of))]
    return [*doubts, *([_may_words(names, len(variants))] if names else [])]


def _may_words(names: Sequence[str], total: int) -> str:
    """Say who may be faster after all; of many their number: a list of names would be a hint."""
    few = len(names) <= MOST_NAMED
    who = listed(names) if few else f"{len(names)} of {total} variants"
    return f"{who} may still be faster by more than {text.size_of(MARGIN)}, or not"


def _may_be_faster(each: Beside) -> bool:
    """Say whether a cell that contends may be faster than is worth a change, untold so far."""
    if not each.cell.contends or each.time is None:
        return each.cell.contends
    settled = each.time.decided and each.time.side is not Side.UNTOLD
    return not settled and _reaches(each.time, worse=False)


def _reaches(change: Change, *, worse: bool) -> bool:
    """Say whether a change may exceed the margin on one side, for all that is known."""
    up = (change.metric.better is Better.HIGHER) is not worse
    end = change.high if up else change.low
    if end is None or not change.relative:
        return True
    return end > MARGIN if up else end < -MARGIN


def _takers(workloads: Judged) -> list[list[Beside]]:
    """Return the variants that may be taken, the one of the shortest times first."""
    variants = besides([each for each in workloads if not each.reproach]).values()
    found = [each for each in variants if _may_be_taken(each, len(workloads))]
    return sorted(found, key=_mean_time)


def reserve(workloads: Judged) -> str:
    """Say what is decided of a variant that may be taken, and what is not; empty without one."""
    takers = _takers(workloads)
    if not takers:
        return ""
    others = [each for each in takers[0] if each.cell.reasons or list(_less_safe(each))]
    return TIME_DECIDED if not others else WITH_RESERVE


def _may_be_taken(of: Sequence[Beside], workloads: int) -> bool:
    whole = len(of) == workloads
    return whole and any(each.faster for each in of) and not any(each.worse for each in of)


def _against_taking(of: Sequence[Beside]) -> Iterator[str]:
    """Yield what may still speak against a variant that is faster."""
    for each in of:
        yield from (f"{each.where} {reason}" for reason in each.cell.reasons)
        yield from _less_safe(each)
        # A price that nobody can read, as on another host, is said and does not keep it open.
        changes = [each.time, each.price if each.price and each.price.by_block else None]
        for change in changes:
            untold = change is not None and change.side is Side.UNTOLD
            if change is not None and untold and _reaches(change, worse=True):
                more, size = change.metric.better is Better.LOWER, f"over {text.size_of(MARGIN)}"
                be = verb(change.metric, "be", "take")
                yield f"{each.where} it may {be} {directed(change.metric, size, more=more)}"


def _less_safe(each: Beside) -> Iterator[str]:
    """Yield what a variant gives up by acking before the work is done, or never."""
    timing = each.cell.cell.cell.settings.ack.timing
    early = timing in _UNSAFE and timing != each.workload.baseline.cell.cell.settings.ack.timing
    if early:
        yield f"{each.where} it {_UNSAFE[timing]}: what a consumer drops never comes again"


_UNSAFE = {"none": "never acknowledges", "after-validation": "acknowledges before the work is done"}
"""Ack timing -> what it does; no trial shows what a crash would cost."""


def _mean_time(of: Sequence[Beside]) -> float:
    changes = [each.time.change for each in of if each.time and each.time.change is not None]
    return sum(changes) / len(changes)


def _taken(takers: Sequence[Sequence[Beside]]) -> Box:
    taken, *others = takers
    faster = [f"{_size(each.time)} {each.where}" for each in taken if each.faster]
    alike = [each[0].cell.short for each in others if not _told_apart(taken, each)]
    parts = [
        f"{_settings(taken[0].cell)}: {text.listed(faster)}",
        *(
            [f"Perhaps as good, for the blocks do not tell them apart: {listed(alike)}"]
            if alike
            else []
        ),
        _price_words(taken),
    ]
    return _box(f"Take {spoken(taken[0].cell.short)}", f"{'. '.join(parts)}.")


def _told_apart(taken: Sequence[Beside], other: Sequence[Beside]) -> bool:
    """Say whether the blocks tell a variant to be worse than the taken one, anywhere."""
    for this, that in zip(taken, other, strict=True):
        decision = this.workload.figures.decisions[this.workload.primary.key]
        if decision.worse(that.cell.cell.cell.id, this.cell.cell.cell.id):
            return True
    return False


def _price_words(of: Sequence[Beside]) -> str:
    known = [each.price for each in of if each.price is not None and each.price.change is not None]
    title = of[0].workload.price.title
    if not known:
        return f"{capital(title)} is not known"
    dearest = max(known, key=lambda change: change.change or 0.0)
    at_most = " at most" if len(known) > 1 else ""
    return f"{capital(title)} {dearest.written}{at_most} ({dearest.doubt})"


def _instead_of_baseline(workloads: Judged, variants: Sequence[Sequence[Beside]]) -> Box:
    why = f"The baseline, {unfit(workloads, lambda cell: cell.is_baseline)[0]}."
    sound = [
        of[0].cell.short
        for of in variants
        if len(of) == len(workloads) and all(each.cell.contends for each in of)
    ]
    if not sound:
        return _box(NOTHING, f"{why} No other variant carries every message and keeps up.")
    return _box(NOT_THE_BASELINE, f"{why} Not so: {listed(sound)}.")


def unfit(workloads: Judged, wanted: Callable[[CellJudgement], bool]) -> list[str]:
    """Return why some cells may not stand before others, each with its name and its workload."""
    return [
        f"{spoken(cell.short)} under {spoken(each.figures.name)}: "
        f"{(cell.reasons or (each.reproach,))[0]}"
        for each in workloads
        for cell in each.cells
        if wanted(cell) and (each.reproach or not cell.contends)
    ]


def _kept(told: Judged, variants: Sequence[Sequence[Beside]]) -> Box:
    flat = [each for of in variants for each in of]
    mixed = [of for of in variants if any(each.faster for each in of)]
    if mixed:
        return _mixed(mixed[0])
    base = told[0].baseline
    doubts = [f"under {spoken(w.figures.name)} {r}" for w in told for r in w.baseline.reasons]
    parts = [f"It is {spoken(base.name)}", _nothing_faster(flat), *map(capital, doubts)]
    return _box(KEEP, f"{'. '.join(parts)}.")


def _nothing_faster(flat: Sequence[Beside]) -> str:
    size = text.size_of(MARGIN)
    hints = [each for each in flat if each.time is not None and each.time.side is Side.BETTER]
    if hints and hints[0].time is not None:
        first, time = hints[0], hints[0].time
        return f"{spoken(first.cell.short)} was {time.doubt} {first.where}: no more than a hint"
    if not any(each.cell.contends for each in flat):
        return "No other variant carries every message and keeps up"
    times = [each.time for each in flat]
    if all(each is not None and each.side is Side.SAME for each in times):
        return f"No time changes by more than {size}"
    if any(each is not None and 0 < len(each.by_block) < MIN_BLOCKS for each in times):
        return f"None was faster by more than {size} in every block"
    return f"Nothing was shown to be faster by more than {size}"


def _mixed(of: Sequence[Beside]) -> Box:
    faster = [f"{_size(each.time)} {each.where}" for each in of if each.faster]
    against = [each for each in of if each.worse]
    bad = [f"{_against(each)} {each.where}" for each in against]
    missing = "nothing can be concluded under every workload"
    both = any(each.faster for each in against)
    word = DEPENDS_ON_COUNTS if both or not against else DEPENDS_ON_WORKLOAD
    said = f"{spoken(of[0].cell.short)} is {text.listed(faster)}"
    return _box(word, f"{said}, but {text.listed(bad) or missing}.")


def _against(each: Beside) -> str:
    if not each.cell.contends:
        return each.cell.reasons[0]
    return text.listed([*each.unseen, *(_size(change) for change in each.leads(Side.WORSE))])


def _size(change: Change | None) -> str:
    """Write how much a change is, with its direction: `31 % faster`."""
    if change is None or change.change is None:
        return text.NA
    return directed(change.metric, size_of(change), more=change.change > 0)


def _settings(cell: CellJudgement) -> str:
    if not cell.differs:
        return spoken(cell.name)
    return listed([f"{d.setting} {d.value}, not {d.baseline_value}" for d in cell.differs])


def _by_criteria(answer: Answer, workloads: Judged) -> Box:
    def is_it(cell: CellJudgement) -> bool:
        return answer.recommended in (cell.name, *cell.others)

    against = unfit(workloads, is_it) if answer.recommended else []
    if not answer.recommended or against:
        also = f" But {against[0]}." if against else ""
        return _box(NOTHING, answer.sentence + also)
    found = next((c for each in workloads for c in each.cells if is_it(c)), None)
    if found is not None and found.is_baseline:
        return _box(KEEP, answer.sentence)
    return _box(f"Take {spoken(found.short if found else answer.recommended)}", answer.sentence)


def _by_gate(gate: GateResult, workloads: Judged) -> Box:
    """Return what a verdict makes of the choice: what passed, unless nobody should take it."""
    names = list(dict.fromkeys(outcome.candidate for outcome in gate.outcomes))
    against = unfit(workloads, lambda cell: bool({*names} & {cell.name, *cell.others}))
    of_base = unfit(workloads, lambda cell: cell.is_baseline)
    if gate.verdict is Verdict.PASS and not against:
        return _box(f"Take {listed(names)}", gate.sentence)
    if gate.verdict is Verdict.PASS:
        return _box(NOTHING, f"{gate.sentence} But {against[0]}.")
    # By a fixed limit the baseline was not judged, and may break it as well.
    unlike = any(o.verdict is Verdict.FAIL and o.limit is None for o in gate.outcomes)
    if gate.verdict is Verdict.FAIL and not of_base and unlike and _compares(workloads):
        return _box(KEEP, _missed_words(gate))
    also = f" The baseline, {of_base[0]}." if of_base else ""
    return _box(NOTHING, gate.sentence + also)


def _missed_words(gate: GateResult) -> str:
    """Say who missed how many goals of its own; who kept all of them is none of those."""
    by_name: dict[str, list[Verdict]] = {}
    for outcome in gate.outcomes:
        by_name.setdefault(outcome.candidate, []).append(outcome.verdict)
    said = [f"{spoken(n)} {_counted(found)}" for n, found in by_name.items() if _missed(found)]
    return f"{text.listed(said)}."


def _missed(found: Sequence[Verdict]) -> int:
    return found.count(Verdict.FAIL)


def _counted(found: Sequence[Verdict]) -> str:
    """Write how many goals were missed, and how many of the others are not known to be kept."""
    open_ = len(found) - _missed(found) - found.count(Verdict.PASS)
    rest = f" ({open_} undecided)" if open_ else ""
    return f"missed {_missed(found)} of {text.plural(len(found), 'goal')}{rest}"


def _compares(workloads: Judged) -> bool:
    return any(len(each.cells) > 1 for each in workloads)


def _box(word: str, words: str) -> Box:
    return Box(asks=ASKS, state=None, word=word, text=words)


def capital(words: str) -> str:
    """Return a sentence's beginning with a capital, and nothing else of it changed."""
    return words[:1].upper() + words[1:]
