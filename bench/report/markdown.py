"""A judgement as Markdown: the summary of a CI job, or a comment below a change."""

import re

from bench.core import text
from bench.core.direction import contained, without_marks
from bench.core.marks import State
from bench.judgement.model import Judgement
from bench.report import rows
from bench.report.markup import filled
from bench.report.patterns import attempts, checks
from bench.report.tables import Entry, Row


def render(judged: Judgement) -> str:
    """Return the first screen of a report and the tables of its workloads."""
    document = filled(
        "markdown.md.jinja",
        judged=judged,
        attempts=[attempts.table(each, "attempts") for each in judged.capacities],
        tables=[rows.table(workload) for workload in judged.workloads],
        started=text.minute(judged.figures.environment.started_utc),
        held=lambda found: checks.points(found).points,
        words=_words,
        code=_code,
        marked=_marked,
        entry=_entry,
        name=_name,
    )
    return f"{document}\n"


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
