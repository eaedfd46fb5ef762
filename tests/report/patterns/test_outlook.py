"""A plan as it is drawn and tabled: loads beside what is confirmed, and where figures are from."""

from dataclasses import replace
from typing import Any

import pytest
from rich.console import Console

from bench.core.marks import State
from bench.judgement.outlook import Outlook
from bench.report import build, markdown
from bench.report.patterns import outlook as patterns
from bench.report.terminal import print_judgement
from tests.draw.reading import course, of_class, parsed
from tests.judgement.planning import judged_plan, outlook, plan_of
from tests.judgement.searching import Truth

TRUTH = Truth(capacity_per_s=1300)
FOUND = outlook({"one": TRUTH}, plan_of(today="600/s"))


def drawn(found: Outlook, size: str = "desk") -> Any:
    made = patterns.drawing(found, found.each[0], "p")
    each = (parsed(f"<svg{part}") for part in str(made.svg).split("<svg")[1:])
    return next(svg for svg in each if size in str(svg.get("class")))


def texts(svg: Any) -> list[str]:
    words = [each.text for each in svg.iter() if each.tag.endswith("text")]
    return [each.replace("\N{NARROW NO-BREAK SPACE}", "") for each in words]


def test_the_plan_stands_first_and_is_left_out_where_there_is_none() -> None:
    ids = [each.id for each in build.sections(judged_plan({"one": TRUTH}, plan_of()))]

    assert ids[:2] == ["plan", "capacity"]
    assert patterns.sections(None) == ()


def test_the_load_is_held_against_what_is_confirmed_and_what_is_to_stay_free() -> None:
    svg = drawn(FOUND)

    assert {"confirmed 1288", "20 % free: 1030", "reached Oct 2026", "at peak"} <= set(texts(svg))
    confirmed, limit = (
        float(course(of_class(svg, name)[0]).split()[1].split("H")[0]) for name in ("cf", "lim")
    )
    assert confirmed < limit  # higher up
    assert of_class(svg, "warm")


def test_a_crossing_stands_where_the_peak_meets_the_limit() -> None:
    """The line of the peak passes the diamond: 9.4 of 12 months to the right."""
    svg = drawn(FOUND)
    left, right = 52.0, 788.0

    x = float(course(of_class(svg, "off")[0])[1:].split()[0])

    assert (x - left) / (right - left) == pytest.approx(9.36 / 12, abs=0.01)


def test_without_a_crossing_a_capacity_or_storage_nothing_is_made_up() -> None:
    calm = outlook({"one": TRUTH}, plan_of(today="10/s"))
    blind = outlook({"one": Truth(capacity_per_s=50)}, plan_of())
    unlaid = outlook({"one": TRUTH}, plan_of(), storage=lambda _: None)

    assert not of_class(drawn(calm), "off")
    assert not of_class(drawn(blind), "cf")
    assert not any("kept" in each for each in texts(drawn(unlaid)))


def test_where_max_bytes_alone_limits_it_is_drawn_how_long_that_lasts() -> None:
    """100 GiB of 1 000 B at 600 a second: 2.07 days, and half of that when the load has doubled."""
    found = outlook({"one": TRUTH}, plan_of(today="600/s", retention={"max_bytes": "100GiB"}))
    lasts_s = found.each[0].lasts_s

    assert lasts_s is not None
    assert lasts_s[0] / 86_400 == pytest.approx(2.0713, rel=1e-3)
    assert lasts_s[-1] == pytest.approx(lasts_s[0] / 2)
    assert "max_bytes are full after, days" in texts(drawn(found))
    assert FOUND.each[0].lasts_s is None


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_nothing_leaves_the_drawing(size: str) -> None:
    svg = drawn(FOUND, size)
    _, _, width, height = map(float, svg.get("viewBox").split())
    places = [(float(e.get("x")), float(e.get("y"))) for e in svg.iter() if e.tag.endswith("text")]

    assert places
    assert all(0 <= x <= width and 0 <= y <= height for x, y in places)


def test_tables_say_of_each_figure_how_it_is_known() -> None:
    table = patterns.given(FOUND, FOUND.each[0], "g")

    known = {row.names[0]: row.entries[1].text for row in table.rows}
    assert known["Capacity"] == "measured"
    assert known["Growth"] == "assumed"


def test_a_state_has_its_mark_in_the_table() -> None:
    rows = patterns.results(FOUND, FOUND.each[0], "r").rows
    headroom = next(row for row in rows if row.names[0] == "Headroom at peak")

    assert headroom.entries[0].text.startswith(State.HOLDS.mark)
    assert headroom.entries[1].text.startswith(State.FAILS.mark)


def plain(words: str) -> str:
    return " ".join(words.split())


def test_every_view_says_the_same() -> None:
    judged = judged_plan({"one": TRUTH}, plan_of(today="600/s"))
    assert judged.outlook is not None
    console = Console(width=160, record=True, file=open("/dev/null", "w"))  # noqa: SIM115, PTH123
    print_judgement(judged, console)
    printed, written = plain(console.export_text()), plain(markdown.render(judged))

    for result in judged.outlook.each[0].results:
        assert plain(result.planned) in written
        assert plain(result.planned) in printed
    assert plain(judged.headline) in printed


def test_names_of_a_user_are_text() -> None:
    """A plan's file may be called anything."""
    hostile = replace(
        FOUND, each=(replace(FOUND.each[0], variant="<b>x", sentence="<i>y"),), file="<u>z"
    )

    made = str(patterns.drawing(hostile, hostile.each[0], "p").svg)

    assert "<b>" not in made
    assert "<i>" not in made
