"""A search for settings as pages show it: what is taken first, and nothing tried is lost."""

from dataclasses import replace
from typing import Any

import pytest

from bench.judgement.tried import Tried, Tuning
from bench.report.html import render
from bench.report.markdown import render as as_markdown
from bench.report.model import Drawing, Fold
from bench.report.patterns import tried_drawing, tuning
from bench.report.tables import Table
from bench.seek.tuned import Fate
from bench.spec.space import Knob
from tests.draw.reading import course, of_class, parsed
from tests.judgement.tuning import (
    BETTER,
    BROKEN_OFF,
    NOTHING,
    SAME,
    TWO,
    UNDECIDED,
    Truth,
    judged,
)

TRUTHS = {
    "better": BETTER,
    "same": SAME,
    "undecided": UNDECIDED,
    "nothing": NOTHING,
    "broken off": BROKEN_OFF,
    "two": TWO,
}


def of(truth: Truth) -> Tuning:
    found = judged(truth).tuning
    assert found is not None
    return found


def lines(found: Tuning, style: str) -> list[Any]:
    drawn = tried_drawing.drawing(found, "t")
    assert drawn is not None
    svg = parsed(f"<svg{str(drawn.svg).split('<svg')[1]}")
    return [each for each in of_class(svg, "w") if str(each.get("class")) == style]


@pytest.mark.parametrize("name", TRUTHS)
def test_everything_that_was_tried_has_a_line_and_a_row(name: str) -> None:
    found = of(TRUTHS[name])
    drawn = tried_drawing.drawing(found, "t")
    assert drawn is not None

    assert str(drawn.svg).count("<title>") == 2 * len(found.tried), "wide and narrow"
    assert len(tuning.everything(found, "t").rows) == len(found.tried)


def test_each_fate_has_a_line_of_its_kind() -> None:
    found = of(BETTER)
    broken = len(found.having(Fate.BREAKS))

    assert (len(lines(found, "w lead")), len(lines(found, "w was"))) == (1, 1)
    assert len(lines(found, "w no")) == broken == 8


def test_a_line_stands_at_its_value_and_none_where_a_knob_is_not_turned() -> None:
    found = of(BETTER)
    unturned = replace(found.tried[1], values={"pull.batch": "1"})
    (line,) = lines(replace(found, tried=(found.tried[0], unturned), chosen=None), "w no")

    assert course(line).count("M") == 2, "a piece at the first axis, and one at the objective"


def test_of_too_many_lines_those_that_matter_stay() -> None:
    found = of(BETTER)
    others = [replace(found.tried[1], name=f"n{n}", fate=Fate.LEFT) for n in range(2000)]
    many = replace(found, tried=(*found.tried, *others))
    drawn = tried_drawing.drawing(many, "t")
    assert drawn is not None

    assert str(drawn.svg).count("<title>") < 2 * 450
    assert len(lines(many, "w lead")) == 1
    assert len(tuning.everything(many, "t").rows) == len(many.tried)


def test_finalists_stand_with_what_is_confirmed_beside_what_the_search_saw() -> None:
    found = of(BETTER)
    table = tuning.compared(found, found.goal, "c")

    assert [row.names[0] for row in table.rows][:2] == [
        "base",
        "pull.requests 2, consumer.max_ack_pending 1000",
    ]
    (change,) = (
        {column.title: entry for column, entry in zip(table.columns, row.entries, strict=True)}
        for row in table.rows[1:2]
    )
    assert change["Against the base"].text.startswith("▼ −")
    assert change["Confirmed"].text != change["In the search"].text


def test_two_objectives_have_a_table_each_and_their_front() -> None:
    (first, *_) = tuning.sections(of(TWO))
    tables = [each for each in first.blocks if isinstance(each, Table)]
    (front,) = (each for each in first.blocks if isinstance(each, Drawing))

    assert [table.caption.partition(" of ")[0] for table in tables] == [
        "End-to-end p99",
        "Acked rate",
    ]
    assert 'class="off"' in front.svg
    assert tried_drawing.front(of(BETTER), "f") is None


def test_what_is_pasted_is_there_where_something_is_to_be_taken() -> None:
    titles = {name: [s.title for s in tuning.sections(of(t))] for name, t in TRUTHS.items()}

    assert "To paste" in titles["better"]
    assert "To paste, though it is not decided" in titles["undecided"]
    for name in ("same", "nothing", "broken off"):
        assert not [title for title in titles[name] if title.startswith("To paste")]


def test_the_page_carries_config_and_commands_as_they_are() -> None:
    found = judged(BETTER)
    assert found.tuning is not None
    assert found.tuning.pasted is not None
    page, note = render(found, light=True), as_markdown(found)

    for line in found.tuning.pasted.config.splitlines():
        assert line.replace("'", "&#39;") in page
        assert line in note
    assert "nats consumer add YOUR_STREAM YOUR_CONSUMER --pull" in page
    assert "nats consumer add YOUR_STREAM YOUR_CONSUMER --pull" in note


def test_no_fence_of_markdown_is_ended_by_what_it_holds() -> None:
    found = judged(BETTER)
    assert found.tuning is not None
    assert found.tuning.pasted is not None
    hostile = replace(found.tuning.pasted, config="a: |\n  ```\n  # Not a heading\n")
    note = as_markdown(replace(found, tuning=replace(found.tuning, pasted=hostile)))

    assert "````\na: |" in note


def test_hostile_names_stay_words() -> None:
    found = judged(BETTER)
    assert found.tuning is not None
    bad = "<script>alert(1)</script>"
    knobs = (Knob(key=bad, values=(bad,), ordered=False),)
    tried = tuple(
        replace(each, name=bad, values={bad: bad}, why=bad) for each in found.tuning.tried
    )
    hostile = replace(found.tuning, knobs=knobs, tried=tried, compared=tried[:2], chosen=tried[1])
    page = render(replace(found, tuning=hostile), light=True)

    assert bad not in page
    assert "&lt;script&gt;alert" in page


def test_every_row_of_everything_tried_says_what_became_of_it() -> None:
    words = {row.entries[0].text for row in tuning.everything(of(BETTER), "t").rows}

    assert words >= {"– base", "✓ leads", "✕ breaks a constraint", "– clearly worse"}


def test_a_search_before_its_first_trial_has_a_page() -> None:
    found = of(BROKEN_OFF)
    base: Tried = replace(found.base, figures={}, trials=0, valid=0)
    empty = replace(found, tried=(base,), chosen=None, importance=())

    assert tried_drawing.drawing(empty, "t") is None
    assert any(isinstance(b, Fold) for s in tuning.sections(empty) for b in s.blocks)


def test_finalists_of_many_settings_are_told_apart_by_all_of_them() -> None:
    """A headline names four; a table in which two rows are called the same tells nothing."""
    found = of(BETTER)
    many = {f"pull.k{n}": "1" for n in range(6)}
    rows = [replace(e, values={**many, "pull.last": str(n)}) for n, e in enumerate(found.compared)]
    table = tuning.compared(replace(found, compared=tuple(rows)), found.goal, "c")

    assert len({row.names for row in table.rows}) == len(rows)
