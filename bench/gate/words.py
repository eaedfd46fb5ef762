"""Figures and changes as verdicts write them: plain text, for terminals, logs and XML alike."""

from collections.abc import Callable

from bench.analysis.paired import Contrast
from bench.core.units import human_duration, human_size
from bench.spec.metrics import Metric

MINUS = "\N{MINUS SIGN}"

_ROUND_WITHIN = 1e-9
"""How far a share of binary digits may be from the whole percent that it was written as."""

_IN_UNIT: dict[str, Callable[[float], str]] = {
    "ns": human_duration,
    "bytes": human_size,
    "share": lambda share: f"{share * 100:.3g} %",
    "msg/s": lambda rate: f"{rate:,.1f} msg/s",
    "msgs": lambda count: f"{count:,.0f} messages",
    "µs/msg": lambda us: f"{us:.3g} µs/msg",
}


def value(amount: float, metric: Metric) -> str:
    """Write a figure with its unit: `1.23 ms`."""
    return _IN_UNIT[metric.unit](amount).replace("-", MINUS)


def share(amount: float) -> str:
    """Write a change with its sign: 0.052 -> `+5.2 %`.

    Below 100 % to a tenth, as an interval may be narrower than a percent and should not read as a
    point; a round limit stays round: 0.1 -> `+10 %`.
    """
    percent = amount * 100
    size = abs(percent)
    if size >= 1000:
        return f"×{amount + 1:.3g}"
    is_round = size > 9.95 and abs(size - round(size)) < _ROUND_WITHIN
    digits = f"{size:.0f}" if is_round or size >= 99.95 else f"{size:.1f}"
    if float(digits) == 0:
        return "±0 %"
    return f"{'+' if percent > 0 else MINUS}{digits} %"


def change(amount: float, contrast: Contrast) -> str:
    """Write a change of a contrast: a share of its baseline, or a difference in its unit."""
    if contrast.relative:
        return share(amount)
    return f"{'+' if amount > 0 else ''}{value(amount, contrast.metric)}"


def interval(contrast: Contrast) -> str:
    """Write a change with its interval: `+5.2 % (90 % interval +1.0 % to +9.4 %)`."""
    low, high = change(contrast.low, contrast), change(contrast.high, contrast)
    return f"{change(contrast.change, contrast)} (90 % interval {low} to {high})"


def p_value(p: float) -> str:
    """Write a p value: `0.012`, `< 0.0001`."""
    return "< 0.0001" if p < 0.0001 else f"{p:.4f}" if p < 0.01 else f"{p:.2f}"


def plural(count: int, noun: str) -> str:
    """Write a count with its noun: `1 block`, `2 blocks`."""
    return f"{count} {noun}{'' if count == 1 else 's'}"
