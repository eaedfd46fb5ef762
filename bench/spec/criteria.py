"""The grammar of rules, such as `p99 < 20ms`, `p99 vs baseline <= +5%` or `lost == 0`.

A rule names a figure, an operator and a value. What is read is written back the same
(`str(rule)`), with each figure under its one short name. A count may be allowed as a number of
messages or as a share of those planned: `refused <= 0.1%`.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BeforeValidator, InstanceOf, PlainSerializer, WithJsonSchema

from bench.core import units
from bench.core.units import NS_PER_US
from bench.core.words import alike, nearest
from bench.spec.base import LARGEST, MisfitError
from bench.spec.cast import PART_NAME
from bench.spec.kinds.registry import ruled
from bench.spec.metrics import LISTED, Better, Metric, find_metric, metric_names, metric_shorts

LAG_VERDICT = "lag.verdict"
LAG_VERDICTS = ("stable", "growing", "draining", "inconclusive")

COUNTS = tuple(ruled())
"""Entries of the ledger that a rule may name; they have no scatter, and one trial is enough."""

EXAMPLES = "p99 < 20ms, p99 vs baseline <= +5%, lag.verdict == stable, lost == 0"

_RULE = re.compile(
    r"\s*(?P<subject>[A-Za-z][\w.]*)\s*(?P<versus>\bvs\s+baseline\b)?"
    r"\s*(?P<operator><=|>=|==|!=|<|>)\s*(?P<value>[^\s<>=!].*?)\s*",
)
_CHANGE = re.compile(r"(?P<sign>[+-])(?P<percent>\d+(?:\.\d+)?)\s*%")
_PERCENT = re.compile(r"(\d+(?:\.\d+)?)\s*%")


class Operator(StrEnum):
    """How a figure is to stand to the value."""

    LESS = "<"
    AT_MOST = "<="
    MORE = ">"
    AT_LEAST = ">="
    EQUAL = "=="
    UNEQUAL = "!="

    @property
    def limits_above(self) -> bool:
        """Whether the value is an upper limit."""
        return self in (Operator.LESS, Operator.AT_MOST)

    @property
    def strict(self) -> bool:
        """Whether a figure that equals the value breaks the rule."""
        return self in (Operator.LESS, Operator.MORE)

    def holds(self, figure: float, value: float) -> bool:
        """Say whether a figure that is known exactly stands so to the value."""
        return {
            Operator.LESS: figure < value,
            Operator.AT_MOST: figure <= value,
            Operator.MORE: figure > value,
            Operator.AT_LEAST: figure >= value,
            Operator.EQUAL: figure == value,
            Operator.UNEQUAL: figure != value,
        }[self]


LIMITS = (Operator.LESS, Operator.AT_MOST, Operator.MORE, Operator.AT_LEAST)
WORDS = (Operator.EQUAL, Operator.UNEQUAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """One rule.

    Attributes:
        subject: short name of a metric, `lag.verdict`, or one of COUNTS.
        versus_baseline: the value is a change against the baseline, a share of it.
        operator: how the figure is to stand to the value.
        limit: the value, in the metric's unit, a share, or a count; 0 with a word.
        word: the value where it is a word; else empty.
        of_planned: the value of a count is a share of the trial's planned messages.
    """

    subject: str
    versus_baseline: bool
    operator: Operator
    limit: float
    word: str = ""
    of_planned: bool = False

    @property
    def metric(self) -> Metric | None:
        """The metric that it limits; None for a count or the lag verdict."""
        return find_metric(self.subject)

    @property
    def title(self) -> str:
        """The figure as people call it."""
        if self.metric is not None:
            return self.metric.title
        return "lag" if self.subject == LAG_VERDICT else f"{count_word(self.subject)} messages"

    def __str__(self) -> str:
        versus = " vs baseline" if self.versus_baseline else ""
        return f"{self.subject}{versus} {self.operator} {self._written()}"

    def _written(self) -> str:
        if self.word:
            return self.word
        if self.versus_baseline:
            return f"{'+' if self.limit > 0 else '-'}{units.format_share(abs(self.limit))}"
        if self.of_planned:
            return units.format_share(self.limit)
        if self.metric is None:
            return str(int(self.limit))
        return _VALUES[self.metric.unit].write(self.limit)


def is_count(subject: str) -> bool:
    """Say whether a rule may name this entry of the ledger, by itself or of one part."""
    part, _, own = subject.rpartition(".")
    return own in COUNTS and (not part or PART_NAME.fullmatch(part) is not None)


def count_word(subject: str) -> str:
    """Return the word of a count as people write it: `not sent`, `lost by billing`."""
    part, _, own = subject.rpartition(".")
    words = own.replace("_", " ")
    return f"{words} by {part}" if part else words


def parse_criterion(text: str) -> Criterion:
    """Return the rule that `text` writes.

    Raises:
        MisfitError: it writes none; says what is allowed and the nearest right word.
    """
    match = _RULE.fullmatch(text)
    if match is None:
        raise MisfitError(what="not a rule", allowed=f"FIGURE OPERATOR VALUE, such as {EXAMPLES}")
    subject, value = match["subject"], match["value"]
    operator, versus = Operator(match["operator"]), match["versus"] is not None
    metric = find_metric(subject)
    if metric is None and subject != LAG_VERDICT and not is_count(subject):
        raise _unknown(subject)
    if metric is not None and versus:
        return _change(metric, operator, value)
    if versus:
        raise MisfitError(
            what=f"{subject} is not compared with a baseline", allowed=f"{subject} {operator} VALUE"
        )
    if metric is not None:
        return _limit(metric, operator, value)
    if subject == LAG_VERDICT:
        return _verdict(operator, value)
    return _count(subject, operator, value)


def _unknown(subject: str) -> MisfitError:
    return MisfitError(
        what=f"no figure is called '{subject}'",
        allowed=alike(subject, (*metric_shorts(), LAG_VERDICT, *COUNTS), LISTED),
        nearest=nearest(subject, (*metric_names(), LAG_VERDICT, *COUNTS)),
    )


def _checked(subject: str, operator: Operator, allowed: tuple[Operator, ...]) -> None:
    if operator not in allowed:
        raise MisfitError(
            what=f"{subject} takes no '{operator}'", allowed=" ".join(map(str, allowed))
        )


def _limit(metric: Metric, operator: Operator, value: str) -> Criterion:
    _checked(metric.short, operator, LIMITS)
    reading = _VALUES[metric.unit]
    try:
        limit = reading.read(value)
    except ValueError as error:
        what, _, _ = str(error).partition("; allowed: ")
        raise MisfitError(
            what=f"'{value}' is no value of {metric.short}: {what}",
            allowed=reading.words,
            nearest=_of_like_name(metric, operator, value),
        ) from error
    return Criterion(subject=metric.short, versus_baseline=False, operator=operator, limit=limit)


def _of_like_name(metric: Metric, operator: Operator, value: str) -> str:
    """Return the rule of a figure with a longer name that takes such a value; empty without one."""
    for name in metric_shorts():
        other = find_metric(name)
        if other is not None and name.startswith(f"{metric.short}_") and _takes(other, value):
            return f"{name} {operator} {value}"
    return ""


def _takes(metric: Metric, value: str) -> bool:
    try:
        _VALUES[metric.unit].read(value)
    except ValueError:
        return False
    return True


def _change(metric: Metric, operator: Operator, value: str) -> Criterion:
    name = metric.short
    if metric.better is Better.NEITHER:
        raise MisfitError(
            what=f"neither way of {name} is better, so no change of it is too much",
            allowed=f"a fixed limit, or {LAG_VERDICT} == stable",
        )
    upper = metric.better is Better.LOWER
    example = f"{name} vs baseline {'<= +5%' if upper else '>= -5%'}"
    _checked(f"{name} vs baseline", operator, LIMITS[:2] if upper else LIMITS[2:])
    match = _CHANGE.fullmatch(value)
    if match is None:
        raise MisfitError(
            what=f"'{value}' is no change", allowed=f"a percentage with its sign, as in {example}"
        )
    share = float(Decimal(match["percent"]) / 100)
    if (match["sign"] == "+") is not upper or share == 0 or (not upper and share >= 1):
        raise MisfitError(
            what=f"{match['sign']}{match['percent']}% is no margin for a figure that is better "
            f"{'low' if upper else 'high'}",
            allowed=f"what may be lost, as in {example}",
        )
    return Criterion(
        subject=name, versus_baseline=True, operator=operator, limit=share if upper else -share
    )


def _verdict(operator: Operator, value: str) -> Criterion:
    _checked(LAG_VERDICT, operator, WORDS)
    if value not in LAG_VERDICTS:
        raise MisfitError(
            what=f"'{value}' is no lag verdict",
            allowed=", ".join(LAG_VERDICTS),
            nearest=nearest(value, LAG_VERDICTS),
        )
    return Criterion(
        subject=LAG_VERDICT, versus_baseline=False, operator=operator, limit=0.0, word=value
    )


def _count(subject: str, operator: Operator, value: str) -> Criterion:
    if _PERCENT.fullmatch(value):
        return _count_share(subject, operator, value)
    if not re.fullmatch(r"\d{1,18}", value):
        raise MisfitError(
            what=f"'{value}' is no number of messages",
            allowed="a whole number, such as 0, or a share of those planned, such as 0.1%",
        )
    return Criterion(
        subject=subject, versus_baseline=False, operator=operator, limit=float(int(value))
    )


def _count_share(subject: str, operator: Operator, value: str) -> Criterion:
    _checked(f"{subject} as a share", operator, LIMITS)
    try:
        share = _percent(value)
    except ValueError as error:
        raise MisfitError(
            what=f"'{value}' is no share of the planned messages", allowed="up to 100%"
        ) from error
    return Criterion(
        subject=subject, versus_baseline=False, operator=operator, limit=share, of_planned=True
    )


@dataclass(frozen=True, slots=True)
class _Value:
    """How values of a unit are read and written."""

    read: Callable[[str], float]
    write: Callable[[float], str]
    words: str


def _percent(text: str) -> float:
    match = _PERCENT.fullmatch(text)
    if match is None or Decimal(match[1]) > 100:
        raise ValueError("not a percentage up to 100%")
    return float(Decimal(match[1]) / 100)


def _messages(text: str) -> float:
    if not re.fullmatch(r"\d{1,18}", text):
        raise ValueError("not a whole number")
    return float(int(text))


def _in_64_bits(parse: Callable[[str], int]) -> Callable[[str], float]:
    def read(text: str) -> float:
        value = parse(text)
        if value > LARGEST:
            raise ValueError("too large for 64 bits")
        return float(value)

    return read


_duration_ns = _in_64_bits(units.parse_duration_ns)


def _bytes_per_s(text: str) -> float:
    size, slash, second = text.rpartition("/")
    if not slash or second != "s":
        raise ValueError(f"not a size a second, such as 10MiB/s: '{text}'")
    return _in_64_bits(units.parse_size_bytes)(size)


_VALUES = {
    "ns": _Value(
        _duration_ns, lambda ns: units.format_duration(round(ns)), "a time, such as 20ms or 1.5s"
    ),
    "msg/s": _Value(
        units.parse_rate_msgs_per_s, units.format_rate, "a rate above 0, such as 4900/s"
    ),
    "msgs": _Value(_messages, lambda count: str(int(count)), "a whole number of messages"),
    "µs/msg": _Value(
        lambda text: _duration_ns(text) / NS_PER_US,
        lambda us: units.format_duration(round(us * NS_PER_US)),
        "CPU time of a message, such as 25us",
    ),
    "bytes": _Value(
        _in_64_bits(units.parse_size_bytes),
        lambda size: units.format_size(round(size)),
        "a size, such as 100MiB",
    ),
    "bytes/s": _Value(
        _bytes_per_s, lambda size: f"{units.format_size(round(size))}/s", "such as 10MiB/s"
    ),
    "share": _Value(_percent, units.format_share, "a percentage, such as 0.1%"),
}
"""By the unit of a metric."""


def _read_rule(value: Any) -> Criterion:  # noqa: ANN401 - any YAML
    if isinstance(value, Criterion):
        return value
    if not isinstance(value, str):
        raise MisfitError(what="not a rule", allowed=f"text, such as {EXAMPLES}")
    return parse_criterion(value)


Rule = Annotated[
    InstanceOf[Criterion],
    BeforeValidator(_read_rule),
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": "string", "description": f"FIGURE OPERATOR VALUE: {EXAMPLES}"}),
]
"""A rule as a field of a spec."""


def _metric_name(value: Any) -> str:  # noqa: ANN401 - any YAML
    metric = find_metric(value) if isinstance(value, str) else None
    if metric is None:
        raise MisfitError(
            what="no figure is called so",
            allowed=alike(str(value), metric_shorts(), LISTED),
            nearest=nearest(str(value), metric_names()),
        )
    if metric.better is Better.NEITHER:
        raise MisfitError(
            what=f"neither way of {metric.short} is better, so nothing is best by it",
            allowed=f"another figure; the lag is judged by the rule {LAG_VERDICT} == stable",
        )
    return metric.short


_RANKING_NAMES = tuple(
    name
    for name in metric_names()
    if (metric := find_metric(name)) is not None and metric.better is not Better.NEITHER
)

MetricName = Annotated[
    str,
    BeforeValidator(_metric_name),
    WithJsonSchema({"type": "string", "enum": list(_RANKING_NAMES)}),
]
"""The name of a metric that cells are ranked by, as a field of a spec; kept as its short name."""
