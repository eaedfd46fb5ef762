"""Colours of the page: every text can be read, and good and bad are told apart by all."""

import re
from itertools import product

import pytest
from jinja2 import Environment, PackageLoader

from tests.report.colours import MACHADO, contrast, distance, linear, palettes, seen

CSS = Environment(loader=PackageLoader("bench.report"), autoescape=True).get_template("report.css")
STYLE = CSS.render()
PALETTES = palettes(STYLE)
TEXTS = sorted(
    set(re.findall(r"(?<![\w-])color:\s*var\(--(\w+)\)", STYLE))
    | set(re.findall(r"text\s*{[^}]*fill:\s*var\(--(\w+)\)", STYLE))
)
APART = 20.0
"""CIE76; ten times what is just noticed, so that lines of two pixels differ as well."""


def test_the_style_sheet_was_read() -> None:
    """A changed layout of it would leave nothing to check."""
    assert {"ink", "soft", "faint", "worse", "better", "holds", "doubtful", "fails"} <= set(TEXTS)
    assert PALETTES["light"].keys() == PALETTES["dark"].keys()
    assert all(PALETTES["light"][each] != PALETTES["dark"][each] for each in TEXTS)


@pytest.mark.parametrize(("theme", "text"), list(product(PALETTES, TEXTS)))
def test_every_text_has_enough_contrast(theme: str, text: str) -> None:
    """4.5 : 1 is what WCAG asks of small text; rows of the baseline stand on the panel."""
    palette = PALETTES[theme]

    assert contrast(palette[text], palette["paper"]) >= 4.5
    assert contrast(palette[text], palette["panel"]) >= 4.5


@pytest.mark.parametrize("text", TEXTS)
def test_every_text_can_be_read_in_print(text: str) -> None:
    """Print is white, whatever the screen."""
    assert contrast(PALETTES["light"][text], "#fff") >= 4.5


@pytest.mark.parametrize("pair", [("worse", "better"), ("fails", "holds")])
@pytest.mark.parametrize(("theme", "kind"), list(product(PALETTES, MACHADO)))
def test_bad_and_good_stay_apart_without_red_or_green_cones(
    theme: str, kind: str, pair: tuple[str, str]
) -> None:
    """One man in twelve does not tell red from green; mark and word help, colour should as well."""
    bad, good = (seen(PALETTES[theme][name], kind) for name in pair)

    assert distance(bad, good) >= APART


@pytest.mark.parametrize("kind", MACHADO)
def test_the_simulation_confuses_what_people_confuse(kind: str) -> None:
    """Olive and brown are far apart to most, and less than half so to these; grey stays grey."""
    brown, olive = "#8b5a1e", "#5f7a1e"

    to_most = distance(linear(brown), linear(olive))
    assert distance(seen(brown, kind), seen(olive, kind)) < to_most / 2
    assert distance(seen("#777777", kind), linear("#777777")) < 1


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [("#000", "#fff", 21), ("#777777", "#ffffff", 4.48), ("#fff", "#fff", 1)],
)
def test_contrast_is_that_of_the_standard(one: str, other: str, ratio: float) -> None:
    """#777 on white is the best known near miss of 4.5."""
    assert contrast(one, other) == pytest.approx(ratio, abs=0.01)
