"""What a report shows, formatted to the last digit: templates only place it.

A report is a first screen and sections; a section is sentences, tables and folds, and holds further
sections. A new page of the report is a new section, not a new template.
"""

from dataclasses import KW_ONLY, dataclass
from typing import ClassVar

from markupsafe import Markup

from bench.core.marks import State
from bench.report.tables import Table


@dataclass(frozen=True, slots=True)
class Name:
    """A word of the user's (a variant, a trial) within a sentence; shown set apart."""

    text: str


Sentence = tuple[str | Name, ...]
"""What stands between backticks is something to type."""


def plain(sentence: Sentence) -> str:
    """Return a sentence as text alone."""
    said = "".join(part if isinstance(part, str) else part.text for part in sentence)
    return said.replace("`", "")


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph."""

    kind: ClassVar[str] = "text"

    sentence: Sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A plot that needs no script.

    Attributes:
        id: of the element; unique in the page.
        title: what it shows.
        caption: how to read it.
        svg: what is drawn.
    """

    kind: ClassVar[str] = "drawing"

    id: str
    title: str
    caption: str
    svg: Markup


@dataclass(frozen=True, slots=True)
class Fold:
    """Blocks that stand folded until the reader opens them; left out of print.

    Attributes:
        id: of the element; unique in the report.
        title: what is inside.
        blocks: that.
        note: how much, or how it is read; a soft line beside the title.
        state: of what is inside, before the title; None where nothing is asked of it.
        plots: what is drawn above them when the reader opens it: JSON of bench.report.plots, safe
            inside a script element; empty without any.
    """

    kind: ClassVar[str] = "fold"

    id: str
    title: str
    blocks: tuple["Block", ...]
    _: KW_ONLY
    note: str = ""
    state: State | None = None
    plots: str = ""


@dataclass(frozen=True, slots=True)
class Point:
    """Something that is so, or not: a mark, a word that says the same, and what was found.

    Attributes:
        state, word, text: as they read.
        href: where it is seen, relative to the page; empty without such a place.
        link: words that lead there.
    """

    state: State
    word: str
    text: str
    _: KW_ONLY
    href: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True)
class Points:
    """Points in a row, as many as there is room for; `stacked` has a line for each."""

    kind: ClassVar[str] = "points"

    points: tuple[Point, ...]
    stacked: bool = False


Block = Table | Drawing | Fold | Points | Text | Markup
"""Markup is a template of ours, filled."""


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the report.

    Attributes:
        id: of the element; unique in the report.
        title: heading.
        blocks: what it shows.
        lead: sentences below the heading.
    """

    id: str
    title: str
    blocks: tuple[Block, ...]
    _: KW_ONLY
    lead: tuple[Sentence, ...] = ()


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
