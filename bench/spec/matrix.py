"""A matrix: which workloads to cross with which configs, how often, in which phases."""

import re
from typing import Annotated, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from bench.spec.base import Loose, MisfitError, Spec
from bench.spec.criteria import MetricName, Rule
from bench.spec.workload import Phases


class ConfigChoice(Spec):
    """A config of the matrix, whole or some of its variants.

    Attributes:
        config: name of a file in `configs/`, or a path relative to the matrix.
        variants: which of its variants; all when left out.
    """

    config: str = Field(min_length=1)
    variants: Annotated[tuple[str, ...], Loose] | None = None


def _bare_name(value: object) -> object:
    return {"config": value} if isinstance(value, str) else value


Choice = Annotated[
    ConfigChoice, BeforeValidator(_bare_name, json_schema_input_type=str | ConfigChoice)
]
WorkloadName = Annotated[str, Field(min_length=1)]


def checked_label(label: str) -> str:
    """Return a label that can name a run; ValueError for another one."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", label):
        raise ValueError(
            "cannot name a directory; allowed: up to 64 letters, digits, '.', '_', '-'"
        )
    return label


class Matrix(Spec):
    """The content of `configs/matrices/<name>.yaml`.

    Attributes:
        label: names the run; letters, digits, `.`, `_`, `-`.
        question: what the run is to answer.
        workloads: names of files in `workloads/`, or paths relative to the matrix.
        configs: names of files in `configs/`, or `{config: NAME, variants: [...]}`.
        blocks: how often every cell is run.
        seed: seeds order, arrivals and payloads.
        phases: phases for every workload of this matrix; each workload's own when left out.
        baseline: the variant that others are compared with, `config/variant`.
        primary: the figure that a recommendation goes by. When left out end-to-end p99, or
            completion p99 where the variants acknowledge at different moments.
        secondary: up to two figures that decide where the primary cannot.
        success: rules that a variant must hold under every workload to be recommended.
    """

    label: Annotated[str, AfterValidator(checked_label)]
    question: str = ""
    workloads: Annotated[tuple[WorkloadName, ...], Loose, Field(min_length=1)]
    configs: Annotated[tuple[Choice, ...], Loose, Field(min_length=1)]
    blocks: int = Field(default=5, ge=1, le=100)
    seed: int = Field(default=1, ge=0)
    phases: Phases | None = None
    baseline: str | None = None
    primary: MetricName | None = None
    secondary: Annotated[tuple[MetricName, ...], Loose, Field(max_length=2)] = ()
    success: Annotated[tuple[Rule, ...], Loose] = ()

    @model_validator(mode="after")
    def _answerable(self) -> Self:
        ranked = [name for name in (self.primary, *self.secondary) if name is not None]
        if len(set(ranked)) < len(ranked):
            raise MisfitError("secondary", what="a figure stands twice", allowed="each once")
        if self.baseline is None and any(rule.versus_baseline for rule in self.success):
            raise MisfitError(
                "baseline",
                what="missing, but a rule of `success` compares with it",
                allowed="config/variant of this matrix",
            )
        return self
