"""What a reader of a run must know first."""

from collections.abc import Iterator, Sequence

from bench.analysis import shortfalls
from bench.analysis.figures import RunFigures
from bench.analysis.validity import reproach_of, reproach_of_workload
from bench.core import text
from bench.core.marks import State
from bench.judgement import records as trials
from bench.judgement.trust import ENOUGH_BLOCKS
from bench.report.model import Name, Notice, Sentence, Tone
from bench.stats.estimate import MIN_TRIALS


def notices(figures: RunFigures) -> tuple[Notice, ...]:
    """Return what a reader of the run must know before its figures."""
    found: list[Notice] = []
    plan = figures.plan
    if plan.quick or plan.blocks < ENOUGH_BLOCKS:
        found.append(
            Notice(tone=Tone.WARNING, word="A quick look", sentence=(_quick_words(figures),))
        )
    found += [*_fell_short(figures), *_not_to_be_relied_on(figures)]
    invalid = [t.record.trial_id for t in trials.all_trials(figures) if not t.record.valid]
    if invalid:
        found.append(
            Notice(
                tone=Tone.BAD,
                word=text.plural(len(invalid), "invalid trial").capitalize(),
                sentence=(
                    "Left out of every figure; the reasons stand under Trials: ",
                    Name(", ".join(invalid[:6]) + (" …" if len(invalid) > 6 else "")),
                ),
            )
        )
    warned = trials.warnings(figures)
    if warned:
        codes = sorted({finding.code for _, finding in warned})
        word = text.plural(len({trial_id for trial_id, _ in warned}), "trial")
        found.append(
            Notice(
                tone=Tone.WARNING,
                word=f"Warnings in {word}",
                sentence=("Valid, but read the findings under Trials first: ", *_named(codes)),
            )
        )
    if figures.missing:
        found.append(
            Notice(
                tone=Tone.WARNING,
                word=text.plural(len(figures.missing), "missing trial").capitalize(),
                sentence=(
                    "Planned, but without a record. This completes the run: ",
                    Name(f"jetbench run --resume {figures.run_id}"),
                ),
            )
        )
    return tuple(found)


def _not_to_be_relied_on(figures: RunFigures) -> Iterator[Notice]:
    """Yield what is invalid as a whole: workloads, and cells of the others."""
    for workload in figures.workloads:
        if why := reproach_of_workload(workload, figures.plan.baseline):
            sentence: Sentence = ("Conclude nothing from ", Name(workload.name), f": {why}.")
            yield Notice(tone=Tone.BAD, word="Invalid workload", sentence=sentence)
            continue
        for cell in workload.cells:
            if why := reproach_of(cell):
                sentence = ("Conclude nothing, under ", Name(workload.name), f", from {why}.")
                yield Notice(tone=Tone.BAD, word="Invalid cell", sentence=sentence)


def _fell_short(figures: RunFigures) -> Iterator[Notice]:
    """Yield how many messages were lost or refused, say: no figure of a time shows it."""
    cells = [cell for workload in figures.workloads for cell in workload.cells]
    totals = {word: shortfalls.total(cells, word) for word in shortfalls.SHORTFALLS}
    short = {word: msgs for word, msgs in totals.items() if msgs}
    if short:
        words = f"{shortfalls.written(short)}; more than a rule allows ends a run with 1."
        word = f"{State.FAILS.mark} Messages fell short"
        yield Notice(tone=Tone.BAD, word=word, sentence=(words,))


def _named(words: Sequence[str]) -> Sentence:
    parts: list[str | Name] = []
    for word in words:
        parts += [Name(word), ", "]
    return (*parts[:-1], ".")


def _quick_words(figures: RunFigures) -> str:
    plan = figures.plan
    reasons = []
    if plan.quick:
        reasons.append("its phases were shortened (--quick)")
    if plan.blocks < ENOUGH_BLOCKS:
        reasons.append(f"it has {text.plural(plan.blocks, 'block')} where {ENOUGH_BLOCKS} are due")
    unsure = (
        f" Below {MIN_TRIALS} blocks there is no interval: what stands first may be chance."
        if plan.blocks < MIN_TRIALS
        else ""
    )
    return (
        f"This run can show wide differences and broken settings, no more: {text.listed(reasons)}. "
        "It cannot decide between close cells, cannot rule out a regression, and must neither pass "
        f"nor fail a build.{unsure}"
    )
