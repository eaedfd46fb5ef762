"""Panels above each other: one axis to the right, and words that do not run into each other."""

import pytest

from bench.draw.axis import close_to
from bench.draw.shapes import Shape, beyond, mark, ring
from bench.draw.stacked import SIZES, Panel, stacked
from bench.draw.svg import titled
from tests.draw.reading import course, of_class, parsed

AXIS = close_to([0.0, 1000.0])


def panel(title: str, height: int, room: int = 0) -> Panel:
    return Panel(
        title=title,
        y=close_to([1.0]),
        height=height,
        parts=lambda field: [field.upright("x", 500.0)],
        room=room,
    )


def test_a_value_stands_at_one_place_in_all_panels() -> None:
    panels = [panel("a", 170, room=18), panel("b", 40)]
    drawn = parsed(f"<div>{stacked((AXIS, 'rate'), panels, 'label')}</div>")

    for svg in drawn:
        assert len({course(each).split("V")[0].split()[0] for each in of_class(svg, "x")}) == 1
        assert len(of_class(svg, "x")) == 2
        _, _, _, height = map(float, str(svg.get("viewBox")).split())
        assert all(float(course(each).split("V")[1]) < height for each in of_class(svg, "x"))
    assert len(list(drawn)) == len(SIZES)


@pytest.mark.parametrize("height", [16, 40, 170])
def test_words_beside_a_panel_have_a_line_each(height: int) -> None:
    ticks = panel("a", height).fewer.ticks

    assert 1 <= len(ticks) <= max(1, height // 16)


def test_only_the_last_panel_has_words_of_the_axis_to_the_right() -> None:
    alone = str(stacked((AXIS, "rate"), [panel("a", 40)], "label"))
    two = str(stacked((AXIS, "rate"), [panel("a", 40), panel("b", 40)], "label"))

    assert alone.count(">500<") == two.count(">500<") == len(SIZES)


def test_an_axis_close_to_amounts_begins_at_nothing_and_ends_above_the_largest() -> None:
    axis = close_to([3200.0, 100.0])

    assert axis.low == 0
    assert 3200 < axis.high < 3500
    assert close_to([]).high > 0


@pytest.mark.parametrize("shape", list(Shape))
def test_each_shape_lies_around_its_place_and_is_no_other(shape: Shape) -> None:
    drawn = str(mark(shape, (50, 40), 4))

    assert f'class="pt {shape}"' in drawn
    assert len({str(mark(each, (50, 40), 4)) for each in Shape}) == len(Shape)
    assert len({each.sign for each in Shape}) == len(Shape)


def test_a_title_says_what_is_marked_and_is_no_markup() -> None:
    group = parsed(titled("a < b", [ring((1, 2), 3), beyond((1, 2))]))

    assert group[0].text == "a < b"
    assert len(group) == 3
