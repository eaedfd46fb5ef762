"""Stacked bars and spans: a width is a share of the widest row, a place is a moment."""

import re

from markupsafe import Markup

from bench.draw.bars import bars, styles
from bench.draw.span import Span, span
from tests.draw.reading import course, of_class, parsed
from tests.parts import cast

WIDTH = re.compile(r'class="(\w)" style="width:(\d+)%"')


def stack(server: float | None) -> dict[str, tuple[str, float | None]]:
    return {"server": ("s", server), "publisher": ("p", 30.0), "consumer": ("k", 20.0)}


def test_widths_are_percent_of_the_widest_row() -> None:
    """Rows are compared by eye, so one row's 100 % is not another's."""
    drawn = bars(stack(50.0), 200.0, "x")

    assert WIDTH.findall(drawn) == [("s", "25"), ("p", "15"), ("k", "10")]
    assert "?" not in drawn


def test_what_could_not_be_read_is_asked_for_and_not_left_out_silently() -> None:
    """A shorter bar would look cheaper."""
    drawn = bars(stack(None), 200.0, "x")

    assert WIDTH.findall(drawn) == [("p", "15"), ("k", "10")]
    assert ">?<" in drawn


def test_who_drives_and_who_observes_are_told_apart_whatever_they_are_called() -> None:
    """A requester is drawn as a publisher is."""
    assert styles(cast()) == {"server": "s", "publisher": "p", "consumer": "k"}


def test_a_bar_is_read_aloud() -> None:
    """Its label is escaped."""
    drawn = bars({"server": ("s", 1.0)}, 2.0, 'server "1" µs')

    assert parsed(drawn).get("aria-label") == 'server "1" µs'


def test_a_span_is_shaded_between_two_lines_with_words() -> None:
    """A fault without its end looks as if it lasted."""
    found = Span(left=80, right=110, begins="<killed>", ends="back")
    drawn = parsed(f"<svg>{Markup().join(span(found, 14, 100, 300))}</svg>")

    assert [course(each) for each in of_class(drawn, "fault")] == ["M80 14h30v86h-30z"]
    assert [course(each) for each in of_class(drawn, "fe")] == ["M80 4V100", "M110 4V100"]
    texts = [(each.get("x"), each.get("text-anchor"), each.text) for each in drawn.iter("text")]
    assert texts == [("76", "end", "<killed>"), ("114", None, "back")]


def test_words_without_room_stand_inside_of_the_drawing() -> None:
    """What is drawn beyond the edge is cut off on a phone."""
    found = Span(left=10, right=280, begins="consumer killed", ends="back again")
    drawn = parsed(f"<svg>{Markup().join(span(found, 30, 100, 300))}</svg>")

    texts = [(each.get("x"), each.get("y"), each.get("text-anchor")) for each in drawn.iter("text")]
    assert texts == [("10", "16", None), ("276", "27", "end")]
