"""Stacked bars, as HTML: widths in percent of the widest row of their table."""

from collections.abc import Mapping

from markupsafe import Markup

STYLES = {"server": "s", "publisher": "p", "consumer": "k"}
"""Class of report.css by what is measured, in the order of the stack."""


def bars(parts: Mapping[str, float | None], widest: float, label: str) -> Markup:
    """Return a row's stack; beside what could not be read stands a `?`, as it is longer.

    Args:
        parts: a value for each of STYLES.
        widest: largest sum of a row, > 0.
        label: for those who do not see it: `server 251, publisher 150, consumer 161 µs`.
    """
    drawn = Markup().join(
        Markup('<i class="{}" style="width:{}%"></i>').format(style, round(100 * value / widest))
        for part, style in STYLES.items()
        if (value := parts.get(part)) is not None
    )
    unread = any(parts.get(part) is None for part in STYLES)
    beside = Markup('<small class="un">?</small>') if unread else Markup()
    return Markup('<span class="cb" role="img" aria-label="{}">{}{}</span>').format(
        label, drawn, beside
    )
