"""`jetbench new`: a commented file to start from; it asks nothing and overwrites nothing."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files
from typing import Annotated

import typer
import yaml

from bench.cli.console import output
from bench.cli.options import kind_of
from bench.cli.own_files import check_name, free_path, hides, write_new
from bench.core.errors import UsageError
from bench.core.words import nearest
from bench.spec.criteria import LAG_VERDICT, Criterion, parse_criterion
from bench.spec.kinds.registry import KINDS
from bench.spec.load import load_config, load_workload
from bench.spec.lookup import Kind, find, search_roots, shipped_root
from bench.spec.metrics import find_metric
from bench.spec.objective import Objective

MAX_LABEL_CHARS = 64
_USUAL = next(iter(KINDS))


class NewKind(StrEnum):
    """The files that a user writes."""

    WORKLOAD = "workload"
    CONFIG = "config"
    MATRIX = "matrix"
    GATE = "gate"
    CAPACITY = "capacity"
    CAPACITY_PLAN = "capacity-plan"
    TUNING = "tuning"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    """What a kind of file is to the rest of jetbench, and what to type when it is there."""

    kind: Kind
    next: tuple[str, ...]


_KINDS: dict[NewKind, _Made] = {
    NewKind.WORKLOAD: _Made(kind="workload", next=("jetbench new matrix @name@",)),
    NewKind.CONFIG: _Made(kind="config", next=("jetbench new matrix @name@",)),
    NewKind.MATRIX: _Made(kind="matrix", next=("jetbench plan @name@", "jetbench run @name@")),
    NewKind.GATE: _Made(
        kind="gates",
        next=("jetbench gate --rules @name@ @sides@",),
    ),
    NewKind.CAPACITY: _Made(kind="capacity", next=("jetbench capacity @name@",)),
    NewKind.CAPACITY_PLAN: _Made(
        kind="capacity-plan", next=("jetbench capacity --plan @name@ --of latest",)
    ),
    NewKind.TUNING: _Made(kind="tuning", next=("jetbench tune @name@",)),
}


def new(
    kind: Annotated[str, typer.Argument(metavar="KIND", help=", ".join(NewKind))],
    name: Annotated[str, typer.Argument(metavar="NAME", help="Of the file, without .yaml.")],
    of: Annotated[
        str,
        typer.Option(
            "--kind", metavar="KIND", help=f"Of the workload that it is for: {', '.join(KINDS)}."
        ),
    ] = _USUAL,
) -> None:
    """Write a commented, valid workload, config, matrix, gate, capacity, plan or tuning file.

    It is written below the working directory, never over a file that is there. All but the first
    two take the workload and config of their own name where there are any.
    """
    wanted = kind_of(kind, NewKind, "new")
    made = _KINDS[wanted]
    check_name("new", wanted, name)
    _check_kind(of)
    path = free_path(made.kind, name)
    asked = _ASKED[wanted](of) if wanted in _ASKED else {}
    words = _words(name, KINDS[of].shipped)
    if wanted is NewKind.TUNING:
        words["@base@"] = f"{words['@config@']}/{_variants(words['@config@'])[0]}"
    write_new(path, _filled(_template(wanted, of), words | dict(asked)))
    console = output()
    console.print(f"wrote {path}", soft_wrap=True)
    if hides(path):
        console.print(f"note: from here it stands before jetbench's own {name}", soft_wrap=True)
    sides = {"@sides@": _sides(words["@config@"])} if wanted is NewKind.GATE else {}
    for step in (f"jetbench validate {path}", *made.next):
        told = _filled(step, {"@name@": name} | sides)
        console.print(f"next: {told}", markup=False, soft_wrap=True)


def _check_kind(of: str) -> None:
    if of not in KINDS:
        near = nearest(of, KINDS)
        advice = f"; did you mean '{near}'?" if near else ""
        raise UsageError(f"--kind: no such kind '{of}'; allowed: {', '.join(KINDS)}{advice}")


def _template(wanted: NewKind, of: str) -> str:
    """Return the template of a file; most are the same for several kinds of workload."""
    folder = files("bench.cli") / "templates"
    own = folder / f"{wanted}.{of}.yaml"
    return (own if own.is_file() else folder / f"{wanted}.yaml").read_text(encoding="utf-8")


def _words(name: str, shipped: tuple[str, str]) -> dict[str, str]:
    """Return what stands in the places of a template; the user's own files where he has them."""
    label = re.sub(r"[^A-Za-z0-9._-]", "-", name)[:MAX_LABEL_CHARS]
    workload = _own_or("workload", name, shipped[0])
    config = _own_or("config", name, shipped[1])
    return {"@label@": label, "@workload@": workload, "@config@": config}


def _filled(text: str, words: Mapping[str, str]) -> str:
    for place, word in words.items():
        text = text.replace(place, word)
    return text


def _gated(of: str) -> dict[str, str]:
    """Return the rules of a gate: what a matrix of this kind asks for, held against a baseline."""
    asked = yaml.safe_load(_template(NewKind.MATRIX, of))["success"]
    rules = [parse_criterion(rule) for rule in asked]
    counts = [_calm(rule) for rule in rules if rule.metric is None]
    figures = [_lower(rule.subject) for rule in rules if rule.metric is not None]
    return {
        "@general@": "\n".join(f"  - {rule}" for rule in counts),
        "@own@": "\n".join(f"    - {figure} vs baseline <= +10%" for figure in figures),
    }


def _sought(of: str) -> dict[str, str]:
    """Return the goals of a capacity: a figure that a matrix of this kind asks for, within a limit.

    Raises:
        UsageError: workloads of this kind are laid, and have no rate to seek.
    """
    if not _offers(of):
        raise UsageError(f"--kind {of}: its work is laid, so it has no rate to seek; leave it out")
    asked = yaml.safe_load(_template(NewKind.MATRIX, of))["success"]
    metrics = [rule for rule in map(parse_criterion, asked) if rule.metric is not None]
    return {"@goals@": "\n".join(f"  - {_lower(rule.subject)} < 100ms" for rule in metrics[:1])}


def _offers(of: str) -> bool:
    """Say whether workloads of a kind have a rate: what is shipped of it to start from does."""
    path = find("workload", KINDS[of].shipped[0], beside=None, roots=(shipped_root(),))
    assert path is not None  # noqa: S101 - it is shipped
    return bool(load_workload(path).offers)


def _tuned(of: str) -> dict[str, str]:
    """Return what a tuning is after: a figure and counts that a matrix of this kind asks for."""
    asked = yaml.safe_load(_template(NewKind.MATRIX, of))["success"]
    rules = [parse_criterion(rule) for rule in asked]
    counts = [rule for rule in rules if not rule.metric and rule.subject != LAG_VERDICT]
    figure = next(rule.metric for rule in rules if rule.metric is not None)
    metric = find_metric(_lower(figure.short)) or figure
    space = next(space for section, space in _SPACES.items() if section in KINDS[of].uses)
    return {
        "@space@": space.strip("\n"),
        "@objective@": str(Objective(metric=metric)),
        "@constraints@": "\n".join(f"  - {rule}" for rule in counts),
    }


def _calm(rule: Criterion) -> str:
    """Return a rule of no figure; a lag may drain, too, where a change is judged."""
    return f"{LAG_VERDICT} != growing" if rule.subject == LAG_VERDICT else str(rule)


def _lower(figure: str) -> str:
    """Return a lower percentile of the same, p95 where there is one: fewer messages decide it."""
    names = [re.sub(r"p\d+(_\d+)?$", each, figure) for each in ("p95", "p50")]
    return next((name for name in names if find_metric(name) is not None), figure)


def _sides(config: str) -> str:
    """Return the options of a gate that compare the first two variants of a config."""
    before, after = (_variants(config) * 2)[:2]
    return f"--baseline-config {config}/{before} --candidate-config {config}/{after}"


def _variants(config: str) -> list[str]:
    path = find("config", config, beside=None, roots=search_roots())
    return list(load_config(path).variants) if path is not None else []


def _own_or(kind: Kind, name: str, shipped: str) -> str:
    return name if find(kind, name, beside=None, roots=search_roots()) else shipped


_SPACES = {
    "writes": """
  writes.every: {from: 250ms, to: 1s, scale: log, steps: 3}
  writes.strategy: [kv-then-event, outbox]
""",
    "respond": """
  respond.workers: [1, 4, 16]
  respond.responders: [1, 2, 4]
""",
    "pull": """
  pull.batch: [10, 50, 200]
  pull.requests: [1, 2]
  consumer.max_ack_pending: [250, 1000]
""",
    "bucket": """
  bucket.storage: [file, memory]
  bucket.allow_direct: [true, false]
  bucket.history: [1, 5, 20]
""",
}
"""What is worth turning under workloads that use a section of settings; the first fits."""

_ASKED: Mapping[NewKind, Callable[[str], Mapping[str, str]]] = {
    NewKind.GATE: _gated,
    NewKind.CAPACITY: _sought,
    NewKind.TUNING: _tuned,
}
"""By file what its rules are, for a kind of workload."""
