"""What limits a cell: one sentence, then how full each resource was, and what was not recorded."""

from markupsafe import Markup

from bench.core import text
from bench.core.marks import State
from bench.draw.ticks import tick_text
from bench.judgement.kinds import Diagnosis, Evidence
from bench.report.model import Block, Name, Sentence, Text
from bench.report.tables import Column, Entry, Table, Tone, marked


def blocks(found: Diagnosis, id_: str) -> tuple[Block, ...]:
    """Return the sentence and its evidence."""
    table = Table(id_, "How full each resource was", "Evidence", cards="evidence")
    return (
        Text(sentence(found)),
        table.of(found.evidence, lambda each: each.resource, _COLUMNS),
    )


def sentence(found: Diagnosis) -> Sentence:
    """Say what limits; never that nothing does where something was not recorded."""
    if found.limit:
        return (Name(f"{found.limit}."), f" {found.advice}")
    unseen = [each.resource for each in found.evidence if each.full is None]
    if len(unseen) == len(found.evidence):
        return (Name("Not told:"), " nothing was recorded that could tell.")
    if unseen:
        which = text.listed(unseen)
        return (Name("Not limited at this load"), f" by what was recorded; {which} was not.")
    return (Name("Not limited at this load."),)


def _full(found: Evidence) -> Entry:
    if found.full is None:
        return marked(State.UNKNOWN, "not recorded")
    bar = meter(found.full, high=found.at_limit)
    return Entry(f"{tick_text(round(100 * found.full))} %", drawing=bar)


def _reading(found: Evidence) -> Entry:
    if found.full is None:
        return Entry("cannot be ruled out", tone=Tone.MUTED)
    return Entry(
        f"{State.DOUBTFUL.mark} at its limit" if found.at_limit else "room",
        tone=Tone.WORSE if found.at_limit else Tone.MUTED,
        detail=found.reading,
        detail_tone=Tone.MUTED,
    )


_COLUMNS = (Column("Full at", _full, "full"), Column("Reading", _reading, "words"))


def meter(full: float, *, high: bool) -> Markup:
    """Return a bar of a share; the figure beside it says the same."""
    width = round(100 * min(max(full, 0.0), 1.0))
    style = "meter hi" if high else "meter"
    return Markup('<span class="{}" aria-hidden="true"><i style="width:{}%"></i></span>').format(
        style, width
    )
