"""What is left of a file that is wrong in places: enough for the checks that do not read those.

One wrong value would otherwise hide what is wrong beside it until it is mended. Whatever asks for
a value that could not be read ends with `UnreadError`, and says nothing.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, cast, get_args, get_origin

from pydantic import create_model

from bench.spec.base import MisfitError, Spec, UnreadError
from bench.spec.yaml_tree import Loc

S = TypeVar("S", bound=Spec)
T = TypeVar("T")

Misfits = list[tuple[Loc, MisfitError]]


def readable(found: Callable[[], Iterable[T]]) -> Iterator[T]:
    """Yield what a check finds until it asks for what could not be read."""
    try:
        yield from found()
    except UnreadError:
        return


def partly(model: type[S], data: Mapping[str, Any], wrong: Collection[Loc]) -> tuple[S, Misfits]:
    """Return a model without the values that are wrong, and what its own checks say of the rest.

    Args:
        model: of the data.
        data: as written.
        wrong: places in it; a key of a mapping, or what is below one.
    """
    whole = {name for name, key in _keys(model) if not any(loc[:1] == (key,) for loc in wrong)}
    made = cast("S", model.model_construct())
    read = _read(model, data, whole)
    made.__dict__.clear()
    made.__dict__.update(read.__dict__)
    made.__pydantic_fields_set__.clear()
    made.__pydantic_fields_set__.update(read.model_fields_set)
    found: Misfits = []
    for name, key in _keys(model):
        below = [loc[1:] for loc in wrong if loc[:1] == (key,)]
        child, value = _child(model, name), data.get(key)
        if below and all(below) and child is not None and isinstance(value, Mapping):
            inner, more = partly(child, value, below)
            made.__dict__[name] = inner
            found += [((key, *loc), misfit) for loc, misfit in more]
    return made, [*found, *_misfits(made)]


def _keys(model: type[Spec]) -> list[tuple[str, str]]:
    """Return the fields of a model: by name, and by their key in a file."""
    return [(name, field.alias or name) for name, field in model.model_fields.items()]


def _read(model: type[Spec], data: Mapping[str, Any], names: Collection[str]) -> Spec:
    """Return the values of these fields alone, as the model reads them."""
    fields: dict[str, Any] = {
        name: (field.annotation, field)
        for name, field in model.model_fields.items()
        if name in names
    }
    some = create_model(model.__name__, __base__=Spec, **fields)
    keys = {key for name, key in _keys(model) if name in names}
    return some.model_validate({key: value for key, value in data.items() if key in keys})


def _child(model: type[Spec], name: str) -> type[Spec] | None:
    """Return the model of a field that is a mapping of its own; None of any other."""
    annotation = model.model_fields[name].annotation
    several = get_origin(annotation) in (Union, UnionType)
    forms = get_args(annotation) if several else (annotation,)
    found = [form for form in forms if isinstance(form, type) and issubclass(form, Spec)]
    return found[0] if len(found) == 1 and len(forms) == 1 + (NoneType in forms) else None


def _misfits(made: Spec) -> Iterator[tuple[Loc, MisfitError]]:
    """Yield what a model's own checks say that read nothing wrong; what they name is wrong then."""
    for check in type(made).__pydantic_decorators__.model_validators:
        try:
            getattr(made, check)()
        except UnreadError:
            continue
        except MisfitError as misfit:
            yield misfit.key, misfit
            _forget(made, misfit.key)


def _forget(made: Spec, key: Loc) -> None:
    names = [name for name, each in _keys(type(made)) if key[:1] == (each,)]
    for name in names:
        made.__dict__.pop(name, None)
