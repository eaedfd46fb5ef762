"""Tables as a report shows them, formatted to the last digit."""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from markupsafe import Markup

from bench.core.marks import State

NO_DRAWING = Markup()


class Tone(StrEnum):
    """How an entry stands out; always beside a mark or a word that says the same."""

    PLAIN = "plain"
    GOOD = "good"
    WARNING = "warning"
    BAD = "bad"
    MUTED = "muted"
    WORSE = "worse"
    BETTER = "better"


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
        detail_tone: how the second line stands out; as the first where it is None.
        href: address that the text leads to, relative to the page; empty without one.
        drawing: stands in place of the text; whoever does not see it is told what its label says.
    """

    text: str = ""
    detail: str = ""
    hint: str = ""
    order: float | str | None = None
    tone: Tone = Tone.PLAIN
    detail_tone: Tone | None = None
    href: str = ""
    drawing: Markup = NO_DRAWING


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
        group_href: where the shared heading leads to; empty without such a place.
        axis: words of the axis that its drawings share; they stand below the title.
        card: its label where a row is a card, on a phone; the title where it is empty.
        kind: of its drawings, a class of report.css: `change`, `shape`, `cpu`, `lag`.
    """

    title: str
    unit: str = ""
    group: str = ""
    hint: str = ""
    numeric: bool = True
    prose: bool = False
    group_href: str = ""
    axis: Markup = NO_DRAWING
    card: str = ""
    kind: str = ""

    @property
    def style(self) -> str:
        """How its entries are laid out: classes of report.css."""
        words = {"number": self.numeric, "prose": self.prose, self.kind: bool(self.kind)}
        return " ".join(word for word, holds in words.items() if holds)

    @property
    def label(self) -> str:
        """What stands over an entry on a card."""
        return self.card or ", ".join(filter(None, [self.title, self.unit]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row of a table.

    Attributes:
        names: its heading; several when one cell bears several variants' names.
        entries: one for each column but the first.
        href: address that the heading leads to, relative to the page; empty without one.
        over: a small line over the heading: the question that a variant answers.
        soft: follows the heading: what a variant sets otherwise.
        state: whether the row holds; None where nothing is asked of it.
        reasons: why it does not, below the heading.
        tinted: what the other rows are held against.
        inner: it is a part of the row above it.
    """

    names: tuple[str, ...]
    entries: tuple[Entry, ...] = ()
    href: str = ""
    over: str = ""
    soft: str = ""
    state: State | None = None
    reasons: tuple[str, ...] = ()
    tinted: bool = False
    inner: bool = False

    @property
    def is_heading(self) -> bool:
        """Whether it heads the rows below it and has no entry of its own."""
        return not self.entries


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
        cards: how its rows become cards on a phone, a class of report.css: `changes`, `cells`,
            `goals`; empty where it scrolls sideways there.
    """

    kind: ClassVar[str] = "table"

    id: str
    caption: str
    head: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    sortable: bool = False
    cards: str = ""

    @property
    def style(self) -> str:
        """How it is laid out: classes of report.css."""
        words = {
            "plain": not self.cards,
            "fold": bool(self.cards),
            self.cards: bool(self.cards),
            "sortable": self.sortable,
            "pairs": len(self.columns) == 1,
        }
        return " ".join(word for word, holds in words.items() if holds)

    @property
    def grouped(self) -> bool:
        """Whether some columns share a heading."""
        return any(column.group for column in self.columns)

    @property
    def groups(self) -> tuple[tuple[str, int, str], ...]:
        """Shared headings, how many columns each spans and where it leads to."""
        spans: list[tuple[str, int, str]] = []
        for column in self.columns:
            if spans and column.group and spans[-1][0] == column.group:
                spans[-1] = (column.group, spans[-1][1] + 1, column.group_href)
            else:
                spans.append((column.group, 1, column.group_href))
        return tuple(spans)
