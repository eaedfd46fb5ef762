"""The two sides of a gate, from the words of a command line, and what must hold of them."""

from dataclasses import dataclass

from bench.core.errors import UsageError
from bench.core.units import parse_share
from bench.plan.model import Cell, VariantName
from bench.plan.sides import BASELINE, CANDIDATE, Contest, Side, with_slower_handler
from bench.runner.other_client import version_in
from bench.runner.target import Target
from bench.spec.choose import check_crossing, choose_variant, load_workloads
from bench.spec.decidable import shortfall
from bench.spec.gates import Gates, phased
from bench.spec.load import LoadedConfig
from bench.spec.variant import Settings
from bench.spec.workload import Workload


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is to be measured.

    Attributes:
        baseline, candidate: variants as `choose_variant` reads them; each other's when None.
        workloads: names or paths; the gate file's when empty.
        blocks, seed, quick: of the plan.
        planted: share that the candidate's handler is slowed by; 0 for none.
    """

    baseline: str | None
    candidate: str | None
    workloads: tuple[str, ...]
    blocks: int
    seed: int
    quick: bool
    planted: float


def contest_of(gates: Gates, asked: Asked) -> Contest:
    """Return what is to be compared.

    Raises:
        SpecError: a config or workload is wrong, or not there.
        UsageError: no workloads are named.
    """
    names = asked.workloads or tuple(gates.own)
    if not names:
        raise UsageError(
            f"{gates.file}: names no workloads to measure; add `workloads` or give --workload NAME"
        )
    workloads = phased(load_workloads(names), gates)
    before = _chosen(asked.baseline or asked.candidate)
    after = _chosen(asked.candidate or asked.baseline)
    check_crossing([config for config in (before, after) if config is not None], workloads)
    return Contest(
        label="gate",
        question=gates.description or f"Does the candidate hold {gates.file}?",
        baseline=_side(BASELINE, before, workloads),
        candidate=_side(CANDIDATE, after, _planted(workloads, asked.planted)),
    )


def share_of(text: str) -> float:
    """Return the share that `--plant-slow-handler` names; 0 for an empty text."""
    try:
        return parse_share(text) if text else 0.0
    except ValueError as error:
        raise UsageError(f"--plant-slow-handler {text}: {error}") from error


def _planted(workloads: dict[str, Workload], share: float) -> dict[str, Workload]:
    if not share:
        return workloads
    return {name: with_slower_handler(each, share) for name, each in workloads.items()}


def _chosen(text: str | None) -> LoadedConfig | None:
    return None if text is None else choose_variant(text)


def _side(role: str, config: LoadedConfig | None, workloads: dict[str, Workload]) -> Side:
    """Return a side; one without a config has the settings that an empty config stands for."""
    if config is None:
        name = VariantName(config=role, variant="default")
        return Side(name=name, settings=Settings(), workloads=workloads)
    ((variant, settings),) = config.variants.items()
    name = VariantName(config=role, variant=f"{config.name}.{variant}")
    return Side(name=name, settings=settings, workloads=workloads)


def check_clients(contest: Contest, targets: tuple[Target, Target]) -> None:
    """Raise UsageError for a nats-py that is not there, or that a side would not use."""
    for side, target in zip((contest.baseline, contest.candidate), targets, strict=True):
        if target.client_path is None:
            continue
        version_in(target.client_path)
        if side.settings.client != "nats-py":
            raise UsageError(
                f"{side.name}: its workers use the client {side.settings.client}, so another "
                "nats-py changes nothing; choose settings with `client: nats-py`"
            )


def check_messages(gates: Gates, cells: tuple[Cell, ...]) -> None:
    """Raise UsageError for rules that could not be decided, before anybody waits for them."""
    workloads = {cell.workload_name: cell.workload for cell in cells}
    short = [
        f"{name}: '{rule}': {why}"
        for name, workload in workloads.items()
        for rule in gates.rules_for(name)
        if (why := shortfall(rule, workload))
    ]
    if short:
        raise UsageError("\n".join(short) + "\nerror: these gates could not be decided")
