"""Our templates, filled, and data inside a page: no text that goes in comes out as markup."""

import json

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from bench.core.direction import isolated

_TEMPLATES = Environment(
    loader=PackageLoader("bench.report"),
    autoescape=select_autoescape(("html.jinja", "css", "js")),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.filters["isolated"] = isolated


def filled(template: str, **content: object) -> Markup:
    """Return a template of ours with this content; one of HTML escapes it."""
    return Markup(_TEMPLATES.get_template(template).render(content))  # noqa: S704 - escaped there


def embedded(value: object) -> Markup:
    """Return `value` as JSON that may stand in a script element; ValueError on NaN."""
    written = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    for letter in "<>&":
        written = written.replace(letter, f"\\u{ord(letter):04x}")
    return Markup(written)  # noqa: S704 - no letter of markup is left
