"""Names as plots show them. Pure."""

from bench.core.direction import isolated


def shortened(text: str, limit: int) -> str:
    """Return `text` of at most `limit` characters; its middle gives way to an ellipsis.

    The end stays because that is where variants of one config differ: `batch-10`, `batch-100`.
    """
    if len(text) <= limit:
        return text
    tail = limit // 2
    return f"{text[: limit - tail - 1]}…{text[-tail:]}"


def for_plot(text: str, limit: int = 44) -> str:
    """Return a label that plotly shows as it stands.

    Plotly reads labels as pseudo-HTML, and SVG lays out right-to-left text into what stands
    beside it: so markup is escaped and such text is isolated.
    """
    short = shortened(" ".join(text.split()), limit)
    return isolated(short.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"))
