"""Numbers and names as people read them. Pure; every figure in a report is written here."""

import math
import unicodedata
from dataclasses import dataclass

from bench.analysis.figures import LagVerdict
from bench.core.units import NS_PER_MS, NS_PER_S, NS_PER_US

NA = "n/a"
MINUS = "\N{MINUS SIGN}"
THIN = "\N{NARROW NO-BREAK SPACE}"

MARKS = {
    LagVerdict.STABLE: "\N{CHECK MARK}",
    LagVerdict.GROWING: "\N{BLACK UP-POINTING TRIANGLE}",
    LagVerdict.DRAINING: "\N{BLACK DOWN-POINTING TRIANGLE}",
    LagVerdict.INCONCLUSIVE: "?",
}
"""Beside the word of a verdict, so that colour is never alone."""

_ISOLATE, _END_ISOLATE = "\N{FIRST STRONG ISOLATE}", "\N{POP DIRECTIONAL ISOLATE}"
_TURNS_TEXT = {"R", "AL", "RLE", "RLO", "RLI", "LRE", "LRO", "LRI", "FSI", "PDF", "PDI"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """The unit that a whole column is written in, so that its numbers can be compared at sight.

    Attributes:
        unit: as printed.
        factor: how many of the stored unit make one.
    """

    unit: str
    factor: float


def number(value: float) -> str:
    """Write `value` with three significant digits, whole from 100 up: 12345.6 -> `12 346`."""
    size = abs(value)
    if not math.isfinite(value):
        return NA
    if size >= 99.95:
        text = f"{size:,.0f}".replace(",", THIN)
    elif size < 0.0005:
        text = "0" if size == 0 else f"{size:.1e}"
    else:
        text = f"{size:.{2 - math.floor(math.log10(size) + 1e-9)}f}"
    return MINUS + text if value < 0 and text != "0" else text


def count(value: int) -> str:
    """Write a count in groups of three: 12345 -> `12 345`."""
    return f"{value:,}".replace(",", THIN).replace("-", MINUS)


def slope(msgs_per_s: float) -> str:
    """Write a slope with its sign, to a tenth of a message a second: 3.388 -> `+3.4`."""
    size = abs(msgs_per_s)
    digits = f"{size:.1f}" if size < 99.95 else number(size)
    return ("+" if msgs_per_s > 0 else MINUS if msgs_per_s < 0 else "") + digits


def change(ratio: float) -> str:
    """Write how far a ratio is from 1: 1.14 -> `+14 %`, 25.0 -> `×25`."""
    if not math.isfinite(ratio):
        return NA
    if ratio >= 10:
        return f"×{number(ratio)}"
    percent = round((ratio - 1) * 100, 1)
    digits = f"{abs(percent):.1f}" if abs(percent) < 10 else f"{abs(percent):.0f}"
    if percent == 0:
        return f"±0{THIN}%"
    return f"{'+' if percent > 0 else MINUS}{digits}{THIN}%"


def percent(share: float) -> str:
    """Write a fraction as a percentage: 0.123 -> `12.3 %`."""
    return f"{number(share * 100)}{THIN}%"


def time_scale(smallest_ns: float) -> Scale:
    """Return the unit for a column of times whose smallest is `smallest_ns`."""
    if smallest_ns >= 10 * NS_PER_S:
        return Scale(unit="s", factor=NS_PER_S)
    if smallest_ns >= NS_PER_MS / 10:
        return Scale(unit="ms", factor=NS_PER_MS)
    return Scale(unit="µs", factor=NS_PER_US)


def plural(amount: int, one: str, many: str = "") -> str:
    """Write a count with its noun: 1 trial, 2 trials."""
    return f"{count(amount)} {one if amount == 1 else many or one + 's'}"


def listed(words: list[str]) -> str:
    """Join words as a sentence does: `a, b and c`."""
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


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
    escaped = short.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    if any(unicodedata.bidirectional(character) in _TURNS_TEXT for character in short):
        return _ISOLATE + escaped + _END_ISOLATE
    return escaped
