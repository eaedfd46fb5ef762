"""Tables as a report shows them, formatted to the last digit."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import KW_ONLY, dataclass, replace
from enum import StrEnum
from itertools import groupby
from typing import Any, ClassVar, Generic, TypeVar

from markupsafe import Markup

from bench.core import text
from bench.core.marks import State

NO_DRAWING = Markup()

T = TypeVar("T")


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


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a table.

    Attributes:
        text: the figure or word.
        detail: smaller lines below it.
        hint: why it reads as it does; shown on hover.
        order: what sorting goes by; None sorts last either way.
        tone: how it stands out.
        detail_tone: how the lines below stand out; as the first where it is None.
        drawing: stands in place of the text; whoever does not see it is told what its label says.
    """

    text: str = ""
    _: KW_ONLY
    detail: str = ""
    hint: str = ""
    order: float | str | None = None
    tone: Tone = Tone.PLAIN
    detail_tone: Tone | None = None
    drawing: Markup = NO_DRAWING


NOTHING = Entry()


def untold(hint: str = "") -> Entry:
    """Return the entry of what cannot be told, and why."""
    return Entry(text.NA, hint=hint, tone=Tone.MUTED)


def told(value: T | None, written: Callable[[T], str]) -> Entry:
    """Return a value as it is written; None cannot be told."""
    return untold() if value is None else Entry(written(value))


def marked(state: State, words: str, *, detail: str = "") -> Entry:
    """Return words that a state colours, after its mark."""
    return Entry(f"{state.mark} {words}", detail=detail, tone=TONES[state])


@dataclass(frozen=True)  # with slots, Column[T](…) fails in Python 3.11
class Column(Generic[T]):
    """A column of a table.

    Attributes:
        title: its heading.
        of: what stands in it of one of the things that have a row.
        kind: how its entries are laid out, a class of report.css: `number` to the right, `prose`
            with room for sentences, `words`; or what its drawings are.
        unit: of its numbers; empty when there is none.
        group: heading shared with its neighbours; empty when it stands alone.
        group_href: where that leads to; empty without such a place.
        hint: what the figure is; shown on hover.
        axis: words of the axis that its drawings share; they stand below the title.
        card, card_axis: title and axis where a row is a card, on a phone; the same where empty.
    """

    title: str
    of: Callable[[T], Entry | str]
    kind: str = "number"
    _: KW_ONLY
    unit: str = ""
    group: str = ""
    group_href: str = ""
    hint: str = ""
    axis: Markup = NO_DRAWING
    card: str = ""
    card_axis: Markup = NO_DRAWING

    @property
    def label(self) -> str:
        """What stands over an entry on a card."""
        return self.card or ", ".join(filter(None, [self.title, self.unit]))

    def entry(self, item: T) -> Entry:
        """Return what stands in it of that."""
        found = self.of(item)
        return Entry(found) if isinstance(found, str) else found


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table.

    Attributes:
        names: its heading; several when one cell bears several variants' names.
        entries: one for each column but the first; empty of a row that heads those below it.
        href: address that the heading leads to, relative to the page; empty without one.
        over: a small line over the heading: the question that a variant answers.
        soft: follows the heading: what a variant sets otherwise.
        state: whether the row holds; None where nothing is asked of it.
        reasons: why it does not, below the heading.
        tinted: what the other rows are held against.
        inner: it is a part of the row above it.
    """

    names: tuple[str, ...]
    _: KW_ONLY
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

    def across(self, columns: Iterable[Column[T]], item: T) -> "Row":
        """Return the row with what every column says of that."""
        return replace(self, entries=tuple(column.entry(item) for column in columns))


@dataclass(frozen=True, slots=True)
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
    _: KW_ONLY
    columns: tuple[Column[Any], ...] = ()
    rows: tuple[Row, ...] = ()
    sortable: bool = False
    cards: str = ""

    def of(
        self, items: Iterable[T], heading: Callable[[T], Row | str], columns: Sequence[Column[T]]
    ) -> "Table":
        """Return the table with a row for each of these, headed so."""
        rows = (
            (Row((head,)) if isinstance(head := heading(item), str) else head).across(columns, item)
            for item in items
        )
        return replace(self, columns=tuple(columns), rows=tuple(rows))

    @property
    def in_words(self) -> "Table":
        """The table without the columns that only draw, for whoever cannot see them."""
        told = [
            n
            for n in range(len(self.columns))
            if any(row.entries[n].text for row in self.rows if not row.is_heading)
        ]
        rows = (
            row if row.is_heading else replace(row, entries=tuple(row.entries[n] for n in told))
            for row in self.rows
        )
        return replace(self, columns=tuple(self.columns[n] for n in told), rows=tuple(rows))

    @property
    def style(self) -> str:
        """How it is laid out: classes of report.css."""
        words = (
            f"fold {self.cards}" if self.cards else "plain",
            "sortable" if self.sortable else "",
            "pairs" if len(self.columns) == 1 else "",
        )
        return " ".join(filter(None, words))

    @property
    def grouped(self) -> bool:
        """Whether some columns share a heading."""
        return any(column.group for column in self.columns)

    @property
    def groups(self) -> tuple[tuple[str, int, str], ...]:
        """Shared headings, how many columns each spans and where it leads to."""
        shared = groupby(self.columns, lambda column: column.group or id(column))
        return tuple(
            (first.group, 1 + len(others), first.group_href) for _, (first, *others) in shared
        )


Pair = tuple[str, Entry | str]


def pairs(
    id_: str, caption: str, head: str, found: Iterable[Pair], *, value: str = "Value"
) -> Table:
    """Return a table of names and what stands beside each, which `value` heads."""
    column = Column[Pair](value, lambda pair: pair[1], "prose")
    return Table(id_, caption, head).of(found, lambda pair: pair[0], [column])
