"""What a report shows, formatted to the last digit: templates only place it.

A report is a first screen and sections; a section is sentences, tables and folds, and holds further
sections. A new page of the report is a new section, not a new template.
"""

from dataclasses import dataclass
from typing import ClassVar

from markupsafe import Markup

from bench.core.marks import State
from bench.judgement.model import Box, Notice
from bench.report.tables import Column, Entry, Row, Table, Tone

__all__ = [
    "Block", "Code", "Column", "Command", "Drawing", "Entry",
    "Fold", "Front", "Key", "Link", "Name", "Page", "Point",
    "Points", "Report", "Row", "Section", "Sentence", "Table", "Terms", "Text", "Tone", "plain",
    "with_commands",
]  # fmt: skip


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Fold:
    """Blocks that stand folded until the reader opens them; left out of print.

    Attributes:
        id: of the element; unique in the report.
        title: what is inside.
        note: how much, or how it is read; a soft line beside the title.
        state: of what is inside, before the title; None where nothing is asked of it.
        blocks: what is inside.
        plots: what is drawn above them when the reader opens it: JSON of bench.report.plots, safe
            inside a script element; empty without any.
    """

    kind: ClassVar[str] = "fold"

    id: str
    title: str
    note: str = ""
    state: State | None = None
    blocks: tuple["Block", ...] = ()
    plots: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
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
    href: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Points:
    """Points in a row, as many as there is room for; `stacked` has a line for each."""

    kind: ClassVar[str] = "points"

    points: tuple[Point, ...]
    stacked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A paragraph; `soft` where it explains what stands above it."""

    kind: ClassVar[str] = "text"

    sentence: Sentence
    soft: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """How the drawings above are read: markup of ours, every text of the user's escaped."""

    kind: ClassVar[str] = "key"

    markup: Markup


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A file within the page, which needs no script to be saved.

    Attributes:
        file_name: of what is saved.
        href: its content as a data: address.
        text: what is in it.
    """

    kind: ClassVar[str] = "link"

    file_name: str
    href: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """The first screen.

    Attributes:
        masthead: product, label, date, server and host in one line.
        state: of the headline; None where nothing was asked to hold.
        headline: what came out.
        subline: what was asked; may be empty.
        boxes: the four answers, in the order of reading.
        notices: what to know before the figures.
    """

    masthead: str
    state: State | None
    headline: str
    subline: str
    boxes: tuple[Box, ...]
    notices: tuple[Notice, ...]


Block = Table | Terms | Code | Drawing | Fold | Points | Text | Key | Link


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
class Report:
    """The whole report.

    Attributes:
        run_id: directory name of the run.
        title: of the browser's window.
        front: the first screen.
        sections: everything else.
        summary: the run in short as JSON, safe inside a script element, for the list of all runs.
    """

    run_id: str
    title: str
    front: Front
    sections: tuple[Section, ...]
    summary: str


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
