"""Handlers of users that variants name, so that two versions of one are held against each other."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from bench.core.called import source_of
from bench.core.errors import Problem
from bench.spec.calls import STATE, resolved
from bench.spec.objection import Objection
from bench.spec.problems import split_allowed
from bench.spec.variant import Settings
from bench.spec.variants import Override, Variant

CALL, STATED = ("handler", "call"), ("handler", "state")


def with_called(variant: Variant, beside: Path) -> tuple[Variant, list[Problem]]:
    """Return a variant whose handler is found; as it is where it names none.

    Args:
        variant: as written.
        beside: directory of its file.
    """
    written = variant.overrides.get(CALL)
    if written is None or not isinstance(written.value, str):
        return variant, []
    call, wrong = resolved(written.value, beside, "" if STATED in variant.overrides else STATE)
    overrides = {**variant.overrides, CALL: Override(value=call, loc=written.loc)}
    found = replace(variant, overrides=overrides)
    if wrong:
        return found, [variant.problem(CALL, wrong[0], allowed=wrong[1])]
    return found, list(_stateless(variant, written.value, beside))


def _stateless(variant: Variant, call: str, beside: Path) -> Iterator[Problem]:
    """Yield that the module has no such function, or it asks for something, where one is named."""
    named = variant.overrides.get(STATED)
    if named is None or not isinstance(named.value, str):
        return
    try:
        source_of(f"{call.partition(':')[0]}:{named.value}", beside.resolve(), given=0)
    except (ValueError, OSError) as error:
        what, allowed = split_allowed(str(error))
        yield variant.problem(STATED, what, allowed=allowed or "a function of the same module")


def unfit(settings: Settings, kind: str, fit: Sequence[str], *, own: bool) -> Iterator[Objection]:
    """Yield that a kind of workload calls no function that a variant names.

    Args:
        settings: of a variant.
        kind: of the workload.
        fit: the kinds that do.
        own: workloads of this kind name one themselves.
    """
    if settings.handler.call is not None and kind not in fit:
        named = "consume.handler.call in the workload, or " if own else ""
        yield Objection(
            key="handler.call",
            what=f"a workload of the kind {kind} has no history that each version goes through",
            allowed=f"leave it out, {named}a workload of the kind {' or '.join(fit)}",
        )


def unasked(settings: Settings, *, called: bool) -> Iterator[Objection]:
    """Yield that nobody is asked for a state where no function of a user is called."""
    if settings.handler.state != STATE and not called:
        yield Objection(
            key="handler.state",
            what="no function of yours is called, of whose module it would be",
            allowed="leave it out, or with it a call",
        )
