"""A judgement as Markdown: the summary of a CI job, or a comment below a change."""

import re
from collections.abc import Iterator, Sequence

from bench.core import text
from bench.core.marks import State
from bench.judgement.model import Boxes, Goal, Judgement, Notice, WorkloadJudgement
from bench.report.rows import Entry, rows_of

_TURNS_TEXT = dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A)))
"""Marks that turn the direction of what follows them."""


def render(judged: Judgement) -> str:
    """Return the first screen of a report and the tables of its workloads."""
    lines = [
        f"## {_marked(judged.state, judged.headline)}",
        "",
        *((_text(judged.subline), "") if judged.subline else ()),
        *_boxes(judged.boxes),
        *_goals(judged.goals),
        *(line for workload in judged.workloads for line in _workload(workload)),
        *_notices(judged.notices),
        *_origin(judged),
    ]
    return "\n".join(lines).rstrip("\n") + "\n"


def _boxes(boxes: Boxes) -> Iterator[str]:
    yield from _table(
        ("Question", "Answer", "Why"),
        [(box.asks, f"**{_marked(box.state, box.word)}**", _text(box.text)) for box in boxes.each],
    )


def _goals(goals: Sequence[Goal]) -> Iterator[str]:
    if not goals:
        return
    yield from ("### Goals", "")
    yield from _table(
        ("", "Goal", "Workload", "Candidate", "Found", "Why"),
        [
            (
                _marked(goal.state, goal.reading),
                *map(_code, (goal.rule, goal.workload, goal.candidate)),
                _text(goal.found),
                _text("; ".join(filter(None, [goal.reason, goal.chances]))),
            )
            for goal in goals
        ],
    )


def _workload(workload: WorkloadJudgement) -> Iterator[str]:
    yield from (f"### {_text(workload.figures.name)}", "", _text(workload.sentence), "")
    found = rows_of(workload)
    yield from _table(
        found.heads,
        [(_variant(row[0]), *map(_entry, row[1:])) for row in found.rows],
        numeric=len(found.heads) - 1,
    )


def _variant(entry: Entry) -> str:
    return "<br>".join((_code(entry.written), *map(_text, entry.beneath)))


def _entry(entry: Entry) -> str:
    return "<br>".join(map(_text, (entry.written, *entry.beneath)))


def _notices(notices: Sequence[Notice]) -> Iterator[str]:
    if notices:
        yield from ("### Before relying on it", "")
        for notice in notices:
            yield f"- **{_marked(notice.state, notice.word)}.** {_text(notice.text)}"
        yield ""


def _origin(judged: Judgement) -> Iterator[str]:
    rules = f"; rules: {_code(judged.gate.gates_file)}" if judged.gate else ""
    started = text.minute(judged.figures.environment.started_utc)
    yield f"Run {_code(judged.figures.run_id)}, {_text(started)} UTC{rules}."


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]], numeric: int = 0) -> Iterator[str]:
    """Yield a table and an empty line; the last `numeric` columns are set to the right."""
    yield _row([_text(head) for head in heads])
    yield _row(["---"] * (len(heads) - numeric) + ["--:"] * numeric)
    yield from map(_row, rows)
    yield ""


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _marked(state: State | None, words: str) -> str:
    return f"{state.mark} {_text(words)}" if state else _text(words)


def _text(words: str) -> str:
    """Return text that Markdown shows as it stands, on one line and within a table's cell."""
    line = " ".join(words.translate(_TURNS_TEXT).split())
    return re.sub(r"[\\`*\[\]<>|~&@#]|(?<!\w)_|_(?!\w)", r"\\\g<0>", line)


def _code(words: str) -> str:
    """Return a name or rule as code; a backtick in it would end the code and gives way."""
    line = " ".join(words.translate(_TURNS_TEXT).split()).replace("`", "'").replace("|", "\\|")
    return f"`{line}`"
