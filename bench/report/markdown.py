"""A judgement as Markdown: the summary of a CI job, or a comment below a change."""

import re

from bench.core import text
from bench.core.direction import contained, without_marks
from bench.core.marks import State
from bench.judgement.model import Judgement
from bench.judgement.outlook import Outlook, VariantOutlook
from bench.judgement.tried import Tuning
from bench.report import rows
from bench.report.markup import filled
from bench.report.patterns import attempts, checks, outlook, tuning
from bench.report.tables import Entry, Row, Table


def render(judged: Judgement) -> str:
    """Return the first screen of a report and the tables of its workloads."""
    document = filled(
        "markdown.md.jinja",
        judged=judged,
        found=judged.tuning,
        compared=_compared(judged.tuning),
        attempts=[attempts.table(each, "attempts") for each in judged.capacities],
        outlooks=[] if judged.outlook is None else _outlooks(judged.outlook),
        tables=[rows.table(workload) for workload in judged.workloads],
        started=text.minute(judged.figures.environment.started_utc),
        held=lambda found: checks.points(found).points,
        words=_words,
        code=_code,
        fenced=_fenced,
        marked=_marked,
        entry=_entry,
        name=_name,
    )
    return f"{document}\n"


def _compared(found: Tuning | None) -> list[Table]:
    """Return the tables of a search for settings: what was confirmed, and what mattered."""
    if found is None:
        return []
    objectives = found.objectives if found.compared else ()
    confirmed = (tuning.compared(found, each, "compared") for each in objectives)
    mattered = (tuning.mattered(each, "mattered") for each in found.importance)
    return [table.in_words for table in (*confirmed, *mattered)]


def _fenced(code: str) -> str:
    """Return code behind a fence that none of its own lines ends."""
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", code)), default=0))
    return f"{fence}\n{without_marks(code).rstrip()}\n{fence}"


def _outlooks(found: Outlook) -> list[tuple[VariantOutlook, list[Table]]]:
    """Return what a plan comes to with each variant, and what that rests on."""
    return [
        (each, [made(found, each, "plan").in_words for made in (outlook.results, outlook.given)])
        for each in found.each
    ]


def _name(row: Row) -> str:
    return "<br>".join(filter(None, (_code(row.names[0]), _words(row.soft))))


def _entry(entry: Entry) -> str:
    return "<br>".join(map(_words, (entry.text, *entry.detail.splitlines())))


def _marked(state: State | None, words: str) -> str:
    return f"{state.mark} {_words(words)}" if state else _words(words)


def _words(words: str) -> str:
    """Return text that Markdown shows as it stands, on one line and within a table's cell."""
    return re.sub(r"[\\`*\[\]<>|~&@#]|(?<!\w)_|_(?!\w)", r"\\\g<0>", _line(contained(words)))


def _code(words: str) -> str:
    """Return a name or rule as code; a backtick in it would end the code and gives way."""
    line = _line(without_marks(words)).replace("`", "'").replace("|", "\\|")
    return f"`{line}`"


def _line(words: str) -> str:
    return " ".join(words.split())
