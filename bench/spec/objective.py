"""What a tuning is after, such as `minimise end_to_end_p99` or `maximise acked_rate`.

What is read is written back the same, with each figure under its one short name.
"""

import re
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BeforeValidator, InstanceOf, PlainSerializer, WithJsonSchema

from bench.core.words import alike, nearest
from bench.spec.base import MisfitError
from bench.spec.criteria import LAG_VERDICT
from bench.spec.metrics import LISTED, Better, Metric, find_metric, metric_names, metric_shorts

EXAMPLES = "minimise end_to_end_p99, maximise acked_rate"

VERBS = {Better.LOWER: "minimise", Better.HIGHER: "maximise"}
"""What is done to a figure, by which way of it is better."""

_OBJECTIVE = re.compile(r"\s*(?P<verb>\S+)\s+(?P<figure>\S+)\s*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """One figure, and that the better way of it is wanted.

    Attributes:
        metric: one way of which is better.
    """

    metric: Metric

    @property
    def lower(self) -> bool:
        """Whether less is better."""
        return self.metric.better is Better.LOWER

    def __str__(self) -> str:
        return f"{VERBS[self.metric.better]} {self.metric.short}"


def parse_objective(text: str) -> Objective:
    """Return the objective that `text` writes.

    Raises:
        MisfitError: it writes none, or the wrong way round; says what is allowed.
    """
    match = _OBJECTIVE.fullmatch(text)
    if match is None:
        raise MisfitError(
            what="not an objective",
            allowed=f"minimise or maximise and a figure, such as {EXAMPLES}",
            nearest=_meant(text.strip()),
        )
    metric = _metric(match["figure"])
    if match["verb"] not in VERBS.values():
        near = nearest(match["verb"].lower(), VERBS.values())
        what = f"'{match['verb']}' is nothing to do to a figure"
        raise MisfitError(what=what, allowed=", ".join(VERBS.values()), nearest=near)
    if match["verb"] != VERBS[metric.better]:
        worse = "lower" if metric.better is Better.HIGHER else "higher"
        raise MisfitError(
            what=f"{worse} is worse of {metric.short}", allowed=str(Objective(metric=metric))
        )
    return Objective(metric=metric)


def _metric(name: str) -> Metric:
    metric = find_metric(name)
    if metric is None:
        raise MisfitError(
            what=f"no figure is called '{name}'",
            allowed=alike(name, metric_shorts(), LISTED),
            nearest=nearest(name, metric_names()),
        )
    if metric.better is Better.NEITHER:
        raise MisfitError(
            what=f"neither way of {metric.short} is better, so nothing is best by it",
            allowed=f"another figure; the lag is held by the constraint {LAG_VERDICT} == stable",
        )
    return metric


def _meant(text: str) -> str:
    """Return the objective of somebody who wrote the figure alone; empty where it is none."""
    metric = find_metric(text)
    if metric is None or metric.better is Better.NEITHER:
        return ""
    return str(Objective(metric=metric))


def _read(value: Any) -> Objective:  # noqa: ANN401 - any YAML
    if isinstance(value, Objective):
        return value
    if not isinstance(value, str):
        raise MisfitError(what="not an objective", allowed=f"text, such as {EXAMPLES}")
    return parse_objective(value)


Aim = Annotated[
    InstanceOf[Objective],
    BeforeValidator(_read),
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": "string", "description": f"VERB FIGURE: {EXAMPLES}"}),
]
"""An objective as a field of a spec."""
