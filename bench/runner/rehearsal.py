"""What a running server would refuse in the middle of a run, asked of it before the run begins.

Permissions and the account's limits cost a few requests; every stream and consumer of the plan is
made once and removed at once, for only the server knows all that it refuses.
"""

from collections.abc import AsyncIterator, Iterator
from itertools import chain

from bench.broker import admin, permissions
from bench.broker.account import Account, account
from bench.broker.link import Link
from bench.broker.permissions import Needs, all_of
from bench.broker.preload import RefusedValueError
from bench.core.errors import MeasurementError, UsageError
from bench.core.units import format_size, human_size
from bench.engine.ackcheck import METRIC_SUBJECT
from bench.plan.estimate import held_bytes
from bench.plan.model import Cell, Plan
from bench.scenario.kind import Kind
from bench.scenario.registry import KINDS

REHEARSAL = 0
"""Stands for a trial's number; they begin with 1."""


async def rehearse(link: Link, plan: Plan, run_id: str) -> tuple[str, ...]:
    """Try what the trials of a plan will ask of a server; return what is worth knowing of it.

    Raises:
        UsageError: it will refuse some of it; all that is known stands in the text.
        NameCollisionError: something foreign takes our subjects.
    """
    names = admin.trial_names(run_id, REHEARSAL)
    try:
        found = await account(link)
        _refuse(await _forbidden(link, plan, names))
        _refuse([*_too_large(plan, link.max_payload), *_no_room(plan, found)])
        _refuse(await _refused(link, plan, names))
        warnings = [text async for text in _worth_knowing(link, plan, names, found)]
    except MeasurementError as error:
        raise UsageError(f"the server cannot be measured: {error}") from error
    return tuple(warnings)


async def _worth_knowing(
    link: Link, plan: Plan, names: admin.Names, found: Account
) -> AsyncIterator[str]:
    if found.domain:
        yield f"the JetStream that answers is the one of the domain {found.domain}"
    sampled = any(_kind(cell).sampled(cell) for cell in plan.cells)
    subject = f"{METRIC_SUBJECT}.{names.stream}.{names.consumer}"
    if sampled and (words := await permissions.unheard(link, subject)):
        yield f"ack times cannot be checked against the server's own: {words[0]}"


def _refuse(texts: list[str]) -> None:
    if texts:
        lines = "\n".join(dict.fromkeys(texts))  # once, however many workloads it is crossed with
        raise UsageError(f"{lines}\nerror: this server would refuse that; nothing was run")


async def _forbidden(link: Link, plan: Plan, names: admin.Names) -> list[str]:
    """Return what is forbidden; kinds that call their things otherwise are asked about apart."""
    needs: dict[admin.Names, list[Needs]] = {}
    for cell in plan.cells:
        needs.setdefault(_kind(cell).named(names), []).append(_kind(cell).needs(cell))
    asked = [await permissions.forbidden(link, own, all_of(each)) for own, each in needs.items()]
    return [f"{words}; a run needs it" for words in dict.fromkeys(chain.from_iterable(asked))]


def _kind(cell: Cell) -> Kind:
    return KINDS[cell.workload.kind]


def _too_large(plan: Plan, max_payload: int) -> Iterator[str]:
    for cell in plan.cells:
        largest = cell.workload.largest_bytes(cell.settings.publish)
        if largest > max_payload:
            yield (
                f"{cell.workload_name}: payload.sizes: messages of {format_size(largest)}, headers "
                f"included, are above the server's max_payload; allowed: {format_size(max_payload)}"
            )


def _no_room(plan: Plan, found: Account) -> Iterator[str]:
    for cell in plan.cells:
        stream = cell.workload.kept_in(cell.settings)
        left = found.left_bytes(stream.storage, stream.num_replicas)
        need = held_bytes(cell)
        if left is not None and need > left:
            yield (
                f"{_title(cell)}: a trial keeps {human_size(need)} in {stream.storage} storage, "
                f"and the account has {human_size(left)} left for it; allowed: a shorter or "
                "slower workload, stream.max_bytes with discard old, or an account with more"
            )


async def _refused(link: Link, plan: Plan, names: admin.Names) -> list[str]:
    """Make every stream and consumer of the plan once, and remove them at once."""
    texts: dict[str, str] = {}
    for cell in plan.cells:
        settings = cell.settings
        key = repr((settings.stream, settings.bucket, settings.consumer, cell.workload))
        if key in texts:
            continue
        texts[key] = ""
        own = _kind(cell).named(names)
        try:
            await _kind(cell).provision(link, own, cell, None)
        except (admin.ApiError, RefusedValueError) as error:
            texts[key] = f"{_title(cell)}: {error}"
        finally:
            for each in _kind(cell).things(own, cell):
                await admin.remove(link, each)
    return [text for text in texts.values() if text]


def _title(cell: Cell) -> str:
    return ", ".join(str(name) for name in cell.variants)
