"""Handlers of users, called with each message: named in a workload, found where it is read."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field

from bench.core.called import Function, load_function, source_of
from bench.core.errors import Problem
from bench.spec.base import Spec
from bench.spec.problems import split_allowed
from bench.spec.yaml_tree import Document, Loc

LOC: Loc = ("consume", "handler", "call")

STATE = "state"
"""What a function is usually called that returns the state that handlers came to."""

_EXAMPLE = "module:function, such as orders:handle, of a module beside the workload or installed"


class Call(Spec):
    """A function that is called with each message.

    Attributes:
        function: `module:function`.
        directory: where modules are looked for before all other places.
        digest: of the module's source, so that a changed handler is another cell.
    """

    function: str
    directory: str
    digest: str


Called = Annotated[
    Call | None,
    BeforeValidator(
        lambda value: value,
        json_schema_input_type=Annotated[str, Field(pattern=r"^[^:]+:[^:]+$")] | None,
    ),
]
"""A function of a user, written as `module:function`: what it is in full is found by who reads."""


def found(call: Call) -> Function:
    """Return the function itself, where it is to be called; ValueError where it is gone since."""
    return load_function(call.function, Path(call.directory))


def with_call(document: Document, beside: Path) -> tuple[Document, list[Problem]]:
    """Return a workload whose handler is found; as it is where it names none.

    Args:
        document: as written.
        beside: directory of its file.
    """
    consume = document.data.get("consume")
    handler = consume.get("handler") if isinstance(consume, Mapping) else None
    named = handler.get("call") if isinstance(handler, Mapping) else None
    if not isinstance(named, str):  # a record has it with what was found
        return document, []
    assert isinstance(consume, Mapping) and isinstance(handler, Mapping)  # noqa: S101 - it has a key
    call, wrong = resolved(named, beside)
    problems = [document.problem(LOC, wrong[0], allowed=wrong[1])] if wrong else []
    data = {**document.data, "consume": {**consume, "handler": {**handler, "call": call}}}
    return replace(document, data=data), problems


def resolved(
    named: str, beside: Path, state: str = STATE
) -> tuple[dict[str, str], tuple[str, str] | None]:
    """Return what a Call is read from, and what is wrong with it and allowed; None for nothing.

    Args:
        named: `module:function`.
        beside: directory of the file that names it.
        state: name of a function of the module that is asked for the state; empty for none.
    """
    directory = beside.resolve()
    call = {"function": named, "directory": str(directory), "digest": ""}
    try:
        source = source_of(named, directory, beside=state)
    except (ValueError, OSError) as error:
        what, allowed = split_allowed(str(error))
        return call, (what, allowed or _EXAMPLE)
    return {**call, "digest": hashlib.sha256(source).hexdigest()}, None
