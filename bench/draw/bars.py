"""Stacked bars, as HTML: widths in percent of the widest row of their table."""

from collections.abc import Mapping

from markupsafe import Markup

from bench.spec.cast import Cast, Side

_STYLES = {Side.DRIVES: "p", Side.OBSERVES: "k"}


def styles(cast: Cast) -> Mapping[str, str]:
    """Return the class of report.css of the server and of each role, in the order of the stack."""
    return {"server": "s"} | {role: _STYLES[side] for role, side in cast.roles.items()}


def bars(parts: Mapping[str, tuple[str, float | None]], widest: float, label: str) -> Markup:
    """Return a row's stack; beside what could not be read stands a `?`, as it is longer.

    Args:
        parts: by what is measured, in the order of the stack: its class of report.css and value.
        widest: largest sum of a row, > 0.
        label: for those who do not see it: `server 251, publisher 150, consumer 161 µs`.
    """
    drawn = Markup().join(
        Markup('<i class="{}" style="width:{}%"></i>').format(style, round(100 * value / widest))
        for style, value in parts.values()
        if value is not None
    )
    unread = any(value is None for _, value in parts.values())
    beside = Markup('<small class="un">?</small>') if unread else Markup()
    return Markup('<span class="cb" role="img" aria-label="{}">{}{}</span>').format(
        label, drawn, beside
    )
