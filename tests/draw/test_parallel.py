"""Lines across axes: each value at its place, on a wide screen and on a phone."""

from typing import Any

import pytest

from bench.draw.parallel import Axle, Course, parallel
from tests.draw.reading import course, of_class, parsed

AXLES = (Axle("a", ((0.0, "1"), (1.0, "9"))), Axle("b", ((0.5, "x"),)), Axle("c", ()))


def drawn(*places: float | None, axles: tuple[Axle, ...] = AXLES) -> dict[str, Any]:
    """The drawing of one line, by the size of the screen."""
    made = parallel(axles, [Course("w", places, "what it is")], "label")
    each = [parsed(f"<svg{part}") for part in str(made).split("<svg")[1:]]
    return {
        size: svg for svg in each for size in ("desk", "phone") if size in str(svg.get("class"))
    }


def steps(svg: Any) -> list[tuple[float, float]]:
    (line,) = of_class(svg, "w")
    words = course(line).replace("M", " ").replace("L", " ").replace("-", " -").split()
    return list(zip(map(float, words[::2]), map(float, words[1::2]), strict=True))


def test_larger_values_stand_higher_on_a_desk_and_to_the_right_on_a_phone() -> None:
    low, high = drawn(0.0, 0.5, 1.0), drawn(1.0, 0.5, 0.0)

    assert steps(low["desk"])[0][1] > steps(high["desk"])[0][1]
    assert steps(low["desk"])[0][0] == steps(high["desk"])[0][0]
    assert steps(low["phone"])[0][0] < steps(high["phone"])[0][0]
    assert steps(low["phone"])[0][1] == steps(high["phone"])[0][1]


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_a_line_goes_through_each_axis_within_the_drawing(size: str) -> None:
    svg = drawn(0.0, 0.5, 1.0)[size]
    _, _, width, height = map(float, svg.get("viewBox").split())

    assert len(steps(svg)) == len(AXLES)
    assert all(0 <= x <= width and 0 <= y <= height for x, y in steps(svg))


def test_a_line_breaks_where_it_has_no_value() -> None:
    (line,) = of_class(drawn(0.0, None, 1.0)["desk"], "w")

    assert course(line).count("M") == 2
    assert "L" not in course(line)


def test_whoever_points_at_a_line_is_told_what_it_is() -> None:
    svg = drawn(0.0, 0.5, 1.0)["desk"]

    assert [e.text for e in svg.iter() if e.tag.endswith("title")] == ["what it is"]
