"""What pydantic found wrong, said in plain words with its place in the file."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from types import UnionType
from typing import Annotated, Any, Protocol, TypeVar, Union, get_args, get_origin

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from bench.core.errors import Problem
from bench.core.words import nearest
from bench.spec.base import MisfitError, Spec
from bench.spec.partly import partly
from bench.spec.yaml_tree import Loc

M = TypeVar("M", bound=Spec)


class Source(Protocol):
    """Data that knows where in a file each of its values was written."""

    @property
    def data(self) -> Mapping[str, Any]:
        """What is validated."""

    def problem(self, loc: Loc, what: str, *, allowed: str = "", nearest: str = "") -> Problem:
        """Return a problem with the value at `loc` of the data."""


def validate(model: type[M], source: Source) -> tuple[M | None, list[Problem]]:
    """Return the model that the data fill, or all that keeps them from it."""
    filled, problems = validate_partly(model, source)
    return None if problems else filled, problems


def validate_partly(model: type[M], source: Source) -> tuple[M | None, list[Problem]]:
    """Return the model that the data fill, without what is wrong, and all that is.

    None where nothing of it can be read.
    """
    try:
        return model.model_validate(source.data), []
    except ValidationError as error:
        found = [each for each in error.errors(include_url=False) if _is_own(each)]
    problems = [_problem(model, source, details) for details in found]
    wrong = [_wrong(model, source, details) for details in found]
    if () in wrong:
        return None, problems
    filled, misfits = partly(model, source.data, wrong)
    more = [_misfit(source, loc, misfit) for loc, misfit in misfits]
    return filled, list(dict.fromkeys([*problems, *more]))


def _wrong(model: type[Spec], source: Source, details: ErrorDetails) -> Loc:
    """Return what a wrong place keeps from being read: of an unknown key the one it is near."""
    loc = _place(source.data, details)
    if details["type"] == "extra_forbidden":
        keys = child_keys(model, loc[:-1], _kind_at(source.data, loc[:-1]))
        return (*loc[:-1], nearest(str(loc[-1]), keys) or loc[-1])
    error = details.get("ctx", {}).get("error")
    return (*loc, *error.key) if isinstance(error, MisfitError) else loc


def _misfit(source: Source, loc: Loc, misfit: MisfitError) -> Problem:
    what, allowed = split_allowed(str(misfit))
    return source.problem(loc, what, allowed=allowed, nearest=misfit.nearest)


def child_keys(model: type[Spec], loc: Loc, kind: object = None) -> tuple[str, ...]:
    """Return the keys that a file may hold below `loc`, in the order of the model.

    Args:
        model: of the file.
        loc: a place in it.
        kind: what stands there is of this kind, where it may be of several.
    """
    models = _models_at(model, loc)
    models = [each for each in models if kind in _kinds(each)] or models
    return tuple(dict.fromkeys(key for parent in models for key, _ in _fields(parent)))


def _models_at(model: type[Spec], loc: Loc) -> list[type[Spec]]:
    """Return the models that what stands at a place of a file may have."""
    found: list[Any] = [model]
    for part in (part for part in loc if isinstance(part, str)):
        found = [below for each in found for below in _below(each, part)]
    return [parent for each in found for parent in _models_in(each)]


def _short_for(models: Sequence[type[Spec]], value: object) -> str:
    """Return the mapping that a bare value is perhaps short for; empty where that is none.

    Of the key that must be there, or of the first one; where all would take it, nobody knows.
    """
    if len(models) != 1 or not isinstance(value, str | int | float):
        return ""
    fields = models[0].model_fields
    able = [name for name, field in fields.items() if _takes(models[0], field.alias or name, value)]
    chief = [name for name in able if fields[name].is_required() or name == next(iter(fields))]
    if len(able) == len(fields) or len(chief) != 1:
        return ""
    return f"{{{fields[chief[0]].alias or chief[0]}: {value}}}"


def _takes(model: type[Spec], key: str, value: object) -> bool:
    try:
        model.model_validate({key: value})
    except ValidationError as error:
        return all(details["loc"][:1] not in {(key,), ()} for details in error.errors())
    return True


def _kinds(model: type[Spec]) -> tuple[object, ...]:
    """Return the words that the kind of a model may be."""
    field = model.model_fields.get("kind")
    return () if field is None else get_args(field.annotation)


def _below(annotation: Any, part: str) -> Iterator[Any]:  # noqa: ANN401 - type forms
    """Yield what stands under a key of what is written so: a field, or any key of a mapping."""
    for form in _forms(annotation):
        if get_origin(form) is dict:
            yield get_args(form)[1]
        elif isinstance(form, type) and issubclass(form, Spec):
            yield from (below for key, below in _fields(form) if key == part)


def models_below(model: type[Spec]) -> Iterator[type[Spec]]:
    """Yield every model that a file of this model holds, at any depth."""
    for _, annotation in _fields(model):
        named = (get_args(form)[1] for form in _forms(annotation) if get_origin(form) is dict)
        for child in (each for part in (annotation, *named) for each in _models_in(part)):
            yield child
            yield from models_below(child)


def split_allowed(text: str) -> tuple[str, str]:
    """Return what is wrong and what is allowed, which a parser puts into one text."""
    what, _, allowed = text.partition("; allowed: ")
    return what, allowed


_NO_MAPPING = ("model_type", "model_attributes_type")
"""Where one kind of mapping may stand, and where one of several."""


def _is_own(details: ErrorDetails) -> bool:
    # A list of nothing but wrong items also counts as empty for pydantic; the items say enough.
    return details["type"] != "too_short" or not details["input"]


def _problem(model: type[Spec], source: Source, details: ErrorDetails) -> Problem:
    loc = _place(source.data, details)
    if details["type"] == "extra_forbidden":
        keys = child_keys(model, loc[:-1], _kind_at(source.data, loc[:-1]))
        near = nearest(str(loc[-1]), keys)
        return source.problem(loc, "unknown key", allowed=", ".join(keys), nearest=near)
    if details["type"] in _NO_MAPPING:
        keys = child_keys(model, loc)
        near = _short_for(_models_at(model, loc), details["input"])
        allowed = f"keys {', '.join(keys)}"
        return source.problem(loc, "must be a mapping", allowed=allowed, nearest=near)
    if details["type"] == "value_error":
        error, near = details["ctx"]["error"], ""
        if isinstance(error, MisfitError):
            loc, near = (*loc, *error.key), error.nearest
        what, allowed = split_allowed(str(error))
        problem = source.problem(loc, what, allowed=allowed, nearest=near)
        is_key = details["loc"] == (*loc, "[key]")
        return replace(problem, value="") if is_key else problem
    if details["type"] == "literal_error":
        return _wrong_word(source, loc, details)
    if details["type"].startswith("union_tag"):
        return _wrong_kind(source, (*loc, "kind"), details)
    what, allowed = _WORDING[details["type"]](details.get("ctx", {}))
    return source.problem(loc, what, allowed=allowed)


def _kind_at(data: Any, loc: Loc) -> object:  # noqa: ANN401 - any YAML
    """Return the kind of what stands at a place; None where it has none."""
    for part in loc:
        data = data[part]
    return data.get("kind") if isinstance(data, Mapping) else None


def _wrong_kind(source: Source, loc: Loc, details: ErrorDetails) -> Problem:
    if details["type"] == "union_tag_not_found":
        return source.problem(loc, "missing")
    words = details["ctx"]["expected_tags"].replace("'", "").split(", ")
    near = nearest(str(details["ctx"]["tag"]), words)
    return source.problem(loc, "unknown", allowed=", ".join(words), nearest=near)


def _wrong_word(source: Source, loc: Loc, details: ErrorDetails) -> Problem:
    words = details["ctx"]["expected"].replace(" or ", ", ").replace("'", "").split(", ")
    near = nearest(str(details["input"]), words)
    return source.problem(loc, "unknown", allowed=", ".join(words), nearest=near)


def _always(what: str, allowed: str = "") -> Callable[[Mapping[str, Any]], tuple[str, str]]:
    return lambda _: (what, allowed)


_WORDING: Mapping[str, Callable[[Mapping[str, Any]], tuple[str, str]]] = {
    "missing": _always("missing"),
    "string_type": _always("must be text", "a word, in quotes where YAML reads another type"),
    "int_type": _always("must be a whole number"),
    "int_from_float": _always("must be a whole number"),
    "float_type": _always("must be a number"),
    "bool_type": _always("must be true or false"),
    "tuple_type": _always("must be a list", "[...]"),
    "list_type": _always("must be a list", "[...]"),
    "dict_type": _always("must be a mapping", "{key: value}, or {} for none"),
    "string_too_short": _always("is empty"),
    "string_too_long": lambda limit: ("too long", f"up to {limit['max_length']} characters"),
    "too_short": _always("is empty", "at least one"),
    "too_long": lambda limit: ("too many", f"up to {limit['max_length']}"),
    "greater_than_equal": lambda limit: ("too small", f"{limit['ge']} or more"),
    "greater_than": lambda limit: ("too small", f"above {limit['gt']:g}"),
    "less_than_equal": lambda limit: ("too large", f"up to {limit['le']}"),
}
"""For each type of error that our models can raise; a test raises them all."""


def _place(data: Any, details: ErrorDetails) -> Loc:  # noqa: ANN401 - any YAML
    """Return where the error stands, without the parts that name a branch of the model."""
    kept: list[str | int] = []
    for part in details["loc"]:
        children = dict(enumerate(data)) if isinstance(data, list) else data
        if isinstance(children, Mapping) and part in children:
            data = children[part]
            kept.append(part)
    absent = details["loc"][-1:] if details["type"] == "missing" else ()
    return (*kept, *absent)


def _fields(model: type[Spec]) -> Iterator[tuple[str, Any]]:
    for name, field in model.model_fields.items():
        yield field.alias or name, field.annotation


def _models_in(annotation: Any) -> Iterator[type[Spec]]:  # noqa: ANN401 - a type form
    for form in _forms(annotation):
        if isinstance(form, type) and issubclass(form, Spec):
            yield form


def _forms(annotation: Any) -> Iterator[Any]:  # noqa: ANN401 - type forms
    """Yield what may stand where this is asked for, each form of it."""
    if get_origin(annotation) in (Union, UnionType, Annotated, tuple):
        for argument in get_args(annotation):
            yield from _forms(argument)
    else:
        yield annotation
