"""Our templates, filled, and data inside a page: no text that goes in comes out as markup."""

import json
import re

from jinja2 import Environment, PackageLoader, StrictUndefined, pass_eval_context, select_autoescape
from jinja2.nodes import EvalContext
from markupsafe import Markup, escape

from bench.core.direction import isolated


@pass_eval_context
def _unparted(context: EvalContext, value: object) -> object:
    """Keep a number and its `%` on one line of a page; in Markdown a space is a space."""
    if not context.autoescape or not isinstance(value, str) or isinstance(value, Markup):
        return value
    return re.sub(r"(?<=\d) %", "\N{NO-BREAK SPACE}%", value)


def _breakable(name: str) -> Markup:
    """Return a name that may break after a dot or slash; after a dash it does by itself."""
    return Markup("<wbr>").join(map(escape, re.split(r"(?<=[./])(?=\w)", name)))


_TEMPLATES = Environment(
    loader=PackageLoader("bench.report"),
    autoescape=select_autoescape(("html.jinja", "css", "js")),
    undefined=StrictUndefined,
    finalize=_unparted,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.filters.update(isolated=isolated, breakable=_breakable)


def filled(template: str, **content: object) -> Markup:
    """Return a template of ours with this content; one of HTML escapes it."""
    return Markup(_TEMPLATES.get_template(template).render(content))  # noqa: S704 - escaped there


def embedded(value: object) -> Markup:
    """Return `value` as JSON that may stand in a script element; ValueError on NaN."""
    written = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    for letter in "<>&":
        written = written.replace(letter, f"\\u{ord(letter):04x}")
    return Markup(written)  # noqa: S704 - no letter of markup is left
