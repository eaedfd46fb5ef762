"""What a drawing says, read back from its markup."""

import re
import xml.etree.ElementTree as ET

Element = ET.Element


def parsed(markup: str) -> Element:
    """The drawing as a tree; it must be well formed by itself."""
    return ET.fromstring(markup)  # noqa: S314 -- our own markup


def of_class(drawing: Element, style: str) -> list[Element]:
    """The elements of a class, in the order of drawing."""
    return [each for each in drawing.iter() if style in each.get("class", "").split()]


def course(element: Element) -> str:
    return element.get("d", "")


def points(way: str) -> list[tuple[float, float]]:
    """The places that a path of M, l and h goes through."""
    places: list[tuple[float, float]] = []
    for letter, numbers in re.findall(r"([Mlhz])([^Mlhz]*)", way):
        found = [float(number) for number in re.findall(r"-?[\d.]+", numbers)]
        pairs = list(zip(found[::2], found[1::2], strict=False))
        if letter == "M":
            places += pairs
        for x, y in pairs if letter == "l" else []:
            places.append((places[-1][0] + x, places[-1][1] + y))
    return places
