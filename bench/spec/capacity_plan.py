"""A capacity plan: today's load, how it grows, what is kept, and what is to stay free.

All of it is assumed; `jetbench capacity --plan` holds it against what was measured.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from bench.core.errors import Problem, SpecError
from bench.core.words import nearest
from bench.spec.base import Loose, MisfitError, Rate, Share, Size, Spec
from bench.spec.lookup import find_named, search_roots, shown
from bench.spec.problems import validate
from bench.spec.spans import DATE_WORDS, MONTHS_PER_YEAR, Growing, Months, Span
from bench.spec.yaml_tree import Document, Loc, read_document

MOST_MSGS_PER_S = 1e9
"""A plan that comes to more has a growth that nobody means."""

LEAST_MSGS_PER_S = 1e-6
"""Likewise, of one that shrinks to nothing."""


def _dated(text: str) -> str:
    try:
        date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"no date; allowed: {DATE_WORDS}") from None
    if re.fullmatch(r"[12]\d{3}-\d\d-\d\d", text) is None:
        raise ValueError(f"no date; allowed: {DATE_WORDS}")
    return text


def _below_all(share: float) -> float:
    if share >= 1:
        raise ValueError("leaves no room for any load; allowed: above 0% and below 100%")
    return share


class Retention(Spec):
    """What a stream keeps; whichever limit is reached first decides.

    Attributes:
        max_age_ns: for how long.
        max_bytes: so much, as the server counts them: of one replica, before compression.
    """

    max_age_ns: Span | None = Field(default=None, alias="max_age")
    max_bytes: Size | None = None

    @model_validator(mode="after")
    def _limits_something(self) -> Self:
        if self.max_age_ns is None and self.max_bytes is None:
            raise MisfitError(what="keeps everything forever", allowed="max_age, max_bytes or both")
        if self.max_bytes == 0:
            raise MisfitError("max_bytes", what="keeps nothing", allowed="above 0B")
        return self


class CapacityPlan(Spec):
    """The content of `configs/capacity/plans/<name>.yaml`.

    Attributes:
        today_per_s: load of today, messages a second on average over a day.
        growth: of it, on top of what it has grown to, again and again.
        over_months: for so long is planned.
        peak_factor: the busiest hour has so many times the average.
        retention: what the stream keeps.
        replicas: of the stream; as many as the measured variant has when left out.
        headroom: share of the capacity that is to stay free at peak; none is asked for when left
            out.
        backlog_ns: consumers are away for so long; how long is it drained?
        as_of: when today is; the day of planning when left out.
        variants: `config/variant` of the run that the plan is for; all when left out.
    """

    today_per_s: Rate = Field(alias="today")
    growth: Growing
    over_months: Months = Field(default=MONTHS_PER_YEAR, alias="over")
    peak_factor: float = Field(default=1.0, ge=1, le=1000)
    retention: Retention
    replicas: Literal[1, 3, 5] | None = None
    headroom: Annotated[Share, AfterValidator(_below_all)] | None = None
    backlog_ns: Span | None = Field(default=None, alias="backlog")
    as_of: Annotated[str, AfterValidator(_dated)] | None = None
    variants: Annotated[tuple[str, ...], Loose, Field(min_length=1)] | None = None

    @model_validator(mode="after")
    def _is_meant(self) -> Self:
        if self.peak_per_s(self.over_months) > MOST_MSGS_PER_S:
            raise MisfitError(
                "growth",
                what=f"comes to more than {MOST_MSGS_PER_S:g} messages a second",
                allowed="less growth, a shorter time, or a lower rate",
            )
        if self.rate_per_s(self.over_months) < LEAST_MSGS_PER_S:
            raise MisfitError(
                "growth",
                what="comes to less than a message in a million seconds",
                allowed="a smaller decline, a shorter time, or a higher rate",
            )
        return self

    def rate_per_s(self, month: float) -> float:
        """Return the load after so many months, on average over a day."""
        return float(self.today_per_s * self.growth.per_month**month)

    def peak_per_s(self, month: float) -> float:
        """Return the load of the busiest hour after so many months."""
        return self.rate_per_s(month) * self.peak_factor


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedPlan:
    """A capacity plan and where it stands.

    Attributes:
        plan: its content.
        document: the file; its problems name line and key.
    """

    plan: CapacityPlan
    document: Document

    def require_variants(self, having: Sequence[str]) -> None:
        """Raise SpecError, with all of them, where it is for variants that a run has not."""
        problems = [
            self._stranger(place, name, having)
            for place, name in enumerate(self.plan.variants or ())
            if name not in having
        ]
        if problems:
            raise SpecError(problems)

    def _stranger(self, place: int, name: str, having: Sequence[str]) -> Problem:
        loc: Loc = ("variants", place)
        return self.document.problem(
            loc,
            "the run has no such variant",
            allowed=", ".join(having),
            nearest=nearest(name, having),
        )


def load_capacity_plan(
    name_or_path: str | Path, search: Sequence[Path] | None = None
) -> LoadedPlan:
    """Return a capacity plan; SpecError with all that is wrong with it.

    Args:
        name_or_path: `doubling`, or the path of a file.
        search: directories with `configs/capacity/plans/` for bare names; the working directory
            and the shipped files when None.
    """
    roots = search_roots() if search is None else tuple(search)
    path = find_named("capacity-plan", str(name_or_path), roots)
    document = read_document(path, shown(path))
    plan, problems = validate(CapacityPlan, document)
    found = [*document.problems, *problems]
    if plan is None or found:
        raise SpecError(sorted(found, key=lambda problem: problem.line))
    return LoadedPlan(plan=plan, document=document)
