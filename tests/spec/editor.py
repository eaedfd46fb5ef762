"""What an editor marks in a file by its JSON Schema: the words that ours are written in.

An editor has a validator of its own; here is none to install, and the words are few.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sized
from typing import Any

Schema = Mapping[str, Any]

_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}

_SAID = {"title", "description", "default", "$schema", "$defs", "discriminator", "required"}
_SAID |= {"properties", "patternProperties", "additionalProperties"}


def marks(value: Any, schema: Schema, root: Schema, at: str = "") -> Iterator[str]:
    """Yield what an editor would mark, with its place.

    Raises:
        KeyError: a word of the schema that nothing here knows, which would go unheeded.
    """
    for word, said in schema.items():
        if word == "$ref":
            yield from marks(value, _followed(said, root), root, at)
        elif word in ("anyOf", "oneOf"):
            yield from _of_several(value, said, root, at, one=word == "oneOf")
        elif word == "items":
            for place, each in enumerate(value if isinstance(value, list) else []):
                yield from marks(each, said, root, f"{at}[{place}]")
        elif word == "propertyNames":
            for key in value if isinstance(value, dict) else ():
                yield from marks(key, said, root, f"{at}.{key}")
        elif word not in _SAID and not _HOLDS[word](value, said):
            yield f"{at}: {value!r} is no {word} {said!r}"
    if isinstance(value, dict):
        yield from _keys(value, schema, root, at)


def _followed(reference: str, root: Schema) -> Schema:
    node: Any = root
    for part in reference.removeprefix("#/").split("/"):
        node = node[part]
    found: Schema = node
    return found


def _of_several(
    value: Any, several: list[Schema], root: Schema, at: str, *, one: bool
) -> Iterator[str]:
    marked = [list(marks(value, each, root, at)) for each in several]
    fit = sum(not each for each in marked)
    if not fit:
        yield f"{at}: fits none of {len(several)}: {', nor '.join(each[0] for each in marked)}"
    elif one and fit > 1:
        yield f"{at}: fits {fit} of {len(several)}"


def _keys(value: dict[str, Any], schema: Schema, root: Schema, at: str) -> Iterator[str]:
    for key in schema.get("required", ()):
        if key not in value:
            yield f"{at}: lacks {key}"
    named, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
    for key, each in value.items():
        fit = [named[key]] if key in named else []
        fit += [part for pattern, part in patterns.items() if re.search(pattern, key)]
        other = schema.get("additionalProperties", True)
        if not fit and other is False:
            yield f"{at}.{key}: unknown"
        for part in fit or ([other] if isinstance(other, dict) else []):
            yield from marks(each, part, root, f"{at}.{key}")


def _typed(value: Any, name: str) -> bool:
    wanted = _TYPES[name]
    return isinstance(value, wanted) and (bool in wanted or not isinstance(value, bool))


def _sized(value: Any, kind: type[Sized], most: bool, bound: int) -> bool:
    size = len(value) if isinstance(value, kind) else bound
    return size <= bound if most else size >= bound


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_HOLDS: Mapping[str, Callable[[Any, Any], bool]] = {
    "type": _typed,
    "enum": lambda value, said: value in said,
    "const": lambda value, said: value == said,
    "pattern": lambda value, said: not isinstance(value, str) or bool(re.search(said, value)),
    "minimum": lambda value, said: not _number(value) or value >= said,
    "maximum": lambda value, said: not _number(value) or value <= said,
    "exclusiveMinimum": lambda value, said: not _number(value) or value > said,
    "exclusiveMaximum": lambda value, said: not _number(value) or value < said,
    "minLength": lambda value, said: _sized(value, str, False, said),
    "maxLength": lambda value, said: _sized(value, str, True, said),
    "minItems": lambda value, said: _sized(value, list, False, said),
    "maxItems": lambda value, said: _sized(value, list, True, said),
    "minProperties": lambda value, said: _sized(value, dict, False, said),
    "maxProperties": lambda value, said: _sized(value, dict, True, said),
}
