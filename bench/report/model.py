"""What a report shows, formatted to the last digit: templates only place it.

A report is a head and sections; a section is sentences, tables and galleries of plots, and holds
further sections. A new page of the report is a new section, not a new template.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from bench.core.marks import State


@dataclass(frozen=True, slots=True)
class Name:
    """A word of the user's (a variant, a trial) within a sentence; shown set apart."""

    kind: ClassVar[str] = "name"

    text: str


@dataclass(frozen=True, slots=True)
class Command:
    """What the reader may type, within a sentence."""

    kind: ClassVar[str] = "command"

    text: str


Sentence = tuple[str | Name | Command, ...]


def plain(sentence: Sentence) -> str:
    """Return a sentence as text alone."""
    return "".join(part if isinstance(part, str) else part.text for part in sentence)


def with_commands(text: str) -> Sentence:
    """Return a sentence of plain text in which commands stand between backticks."""
    parts = text.split("`")
    return tuple(
        Command(part) if place % 2 else part
        for place, part in enumerate(parts)
        if part or place % 2
    )


class Tone(StrEnum):
    """How an entry stands out; always beside a mark or a word that says the same."""

    PLAIN = "plain"
    BEST = "best"
    GOOD = "good"
    WARNING = "warning"
    BAD = "bad"
    MUTED = "muted"


TONES = {
    State.HOLDS: Tone.GOOD,
    State.DOUBTFUL: Tone.WARNING,
    State.FAILS: Tone.BAD,
    State.UNKNOWN: Tone.MUTED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry of a table.

    Attributes:
        text: the figure or word.
        detail: a smaller second line.
        hint: why it reads as it does; shown on hover.
        order: what sorting goes by; None sorts last either way.
        tone: how it stands out.
        href: address that the text leads to, relative to the page; empty without one.
    """

    text: str
    detail: str = ""
    hint: str = ""
    order: float | str | None = None
    tone: Tone = Tone.PLAIN
    href: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a table.

    Attributes:
        title: its heading.
        unit: of its numbers; empty when there is none.
        group: heading shared with its neighbours; empty when it stands alone.
        hint: what the figure is; shown on hover.
        numeric: numbers stand to the right and sort as numbers.
        prose: its entries are sentences and need room.
    """

    title: str
    unit: str = ""
    group: str = ""
    hint: str = ""
    numeric: bool = True
    prose: bool = False

    @property
    def style(self) -> str:
        """How its entries are laid out: classes of report.css."""
        return " ".join([*(["number"] if self.numeric else []), *(["prose"] if self.prose else [])])


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row of a table.

    Attributes:
        names: its heading; several when one cell bears several variants' names.
        entries: one for each column but the first.
        href: address that the heading leads to, relative to the page; empty without one.
    """

    names: tuple[str, ...]
    entries: tuple[Entry, ...]
    href: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table with a heading for each row.

    Attributes:
        id: of the element; unique in the report.
        caption: what it holds.
        head: heading of the first column.
        columns: the others.
        rows: in their first order.
        sortable: the reader may order it by any column.
        compact: details stand beside the figures, not below.
    """

    kind: ClassVar[str] = "table"

    id: str
    caption: str
    head: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    sortable: bool = False
    compact: bool = False

    @property
    def style(self) -> str:
        """How it is laid out: classes of report.css."""
        words = {
            "sortable": self.sortable,
            "compact": self.compact,
            "pairs": len(self.columns) == 1,
        }
        return " ".join(word for word, holds in words.items() if holds)

    @property
    def grouped(self) -> bool:
        """Whether some columns share a heading."""
        return any(column.group for column in self.columns)

    @property
    def groups(self) -> tuple[tuple[str, int], ...]:
        """Shared headings and how many columns each spans."""
        spans: list[tuple[str, int]] = []
        for column in self.columns:
            if spans and column.group and spans[-1][0] == column.group:
                spans[-1] = (column.group, spans[-1][1] + 1)
            else:
                spans.append((column.group, 1))
        return tuple(spans)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """A plot and the table behind it.

    Attributes:
        id: of the element; unique in the report.
        title: what it shows.
        caption: how to read it, and what was left out or thinned.
        document: the plotly figure as JSON, safe inside a script element.
        height_px: fixed, so that the page does not jump.
        table: the same figures for those who do not see the plot.
    """

    id: str
    title: str
    caption: str
    document: str
    height_px: int
    table: Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Gallery:
    """Plots side by side where there is room."""

    kind: ClassVar[str] = "gallery"

    plots: tuple[Plot, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Words and what they mean, or keys and values."""

    kind: ClassVar[str] = "terms"

    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """Something to copy as it stands; `caption` says what it is."""

    kind: ClassVar[str] = "code"

    caption: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something that the reader must know first.

    Attributes:
        tone: good, warning or bad, with `word` saying the same.
        word: leads the text.
        sentence: what to know.
    """

    kind: ClassVar[str] = "notice"

    tone: Tone
    word: str
    sentence: Sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosure:
    """Blocks that stand folded until the reader opens them; not printed while folded.

    Attributes:
        summary: what is inside; it stays visible.
        blocks: what is inside.
    """

    kind: ClassVar[str] = "disclosure"

    summary: str
    blocks: tuple["Block", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """A file that the page itself can write.

    Attributes:
        id: of the element; unique in the report.
        file_name: of what is written.
        title: of the button.
        caption: what is in the file, and where it is found when scripts are off.
        document: the figures as JSON of bench.report.download, safe inside a script element.
    """

    kind: ClassVar[str] = "download"

    id: str
    file_name: str
    title: str
    caption: str
    document: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A plot that needs no script, and the table behind it.

    Attributes:
        id: of the element; unique in the page.
        title: what it shows.
        caption: how to read it.
        svg: an SVG element whose every text was escaped.
        table: the same figures for those who do not see it.
    """

    kind: ClassVar[str] = "drawing"

    id: str
    title: str
    caption: str
    svg: str


Block = Table | Gallery | Terms | Code | Notice | Disclosure | Download | Drawing


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A part of the report.

    Attributes:
        id: of the element; unique in the report.
        title: heading.
        lead: sentences below it.
        blocks: what it shows.
        sections: its parts.
    """

    id: str
    title: str
    lead: tuple[Sentence, ...] = ()
    blocks: tuple[Block, ...] = ()
    sections: tuple["Section", ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A figure of the head with its word."""

    word: str
    text: str
    detail: str = ""
    tone: Tone = Tone.PLAIN


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came out for one workload."""

    workload: str
    sentences: tuple[Sentence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The whole report.

    Attributes:
        run_id: directory name of the run.
        label: the matrix's label.
        question: what the run was to answer; may be empty.
        compared: what was compared, in a sentence.
        answers: what came out, for each workload.
        facts: when, where, with what, how many.
        notices: what the reader must know first.
        judgements: what a gate says of the run, and whether it meets its criteria; above all else.
        sections: everything else.
        summary: the run in short as JSON, safe inside a script element, for the list of all runs.
    """

    run_id: str
    label: str
    question: str
    compared: str
    answers: tuple[Answer, ...]
    facts: tuple[Fact, ...]
    notices: tuple[Notice, ...]
    judgements: tuple[Section, ...]
    sections: tuple[Section, ...]
    summary: str

    @property
    def contents(self) -> tuple[Section, ...]:
        """What the bar on top leads to."""
        return (*self.judgements, *self.sections)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page beside the reports: the list of runs, or a figure over many of them.

    Attributes:
        above: what stands over the title.
        title: heading.
        lead: sentences below it.
        home: address of the list of runs, relative to the page.
        sections: everything else.
    """

    above: str
    title: str
    lead: tuple[Sentence, ...]
    home: str
    sections: tuple[Section, ...]

    @property
    def contents(self) -> tuple[Section, ...]:
        """What the bar on top leads to."""
        return self.sections
