"""JSON Schemas of the files a user writes, for editors that complete and check them.

They say what a single key may hold; rules between keys are the loader's (bench/spec/jetstream.py).
"""

import json
import re
from inspect import getdoc
from typing import Any

from pydantic import TypeAdapter

from bench.core.ids import NAME_PATTERN
from bench.spec.base import Spec
from bench.spec.capacity import CapacityFile
from bench.spec.capacity_plan import CapacityPlan
from bench.spec.gates import GateFile
from bench.spec.kinds.registry import KINDS
from bench.spec.lookup import Kind
from bench.spec.matrix import Matrix
from bench.spec.problems import models_below
from bench.spec.traced import FILLED
from bench.spec.tuning import TuningFile
from bench.spec.variant import ConfigFile, Settings

Schema = dict[str, Any]

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema(kind: Kind) -> Schema:
    """Return the JSON Schema of a workload, a config, a matrix or a gate file."""
    of = {"config": _config_schema, "workload": _workload_schema}
    schema = of[kind]() if kind in of else _model_schema(_MODELS[kind])
    return {"$schema": _DIALECT, **schema, "title": f"jetbench {kind}"}


def written_schema(adapter: TypeAdapter[Any], kind: str) -> Schema:
    """Return the JSON Schema of a file that jetbench writes: `trial` of trial.json."""
    schema = adapter.json_schema()
    return {"$schema": _DIALECT, **schema, "title": f"jetbench {kind}"}


_MODELS: dict[Kind, type[Spec]] = {
    "matrix": Matrix,
    "gates": GateFile,
    "capacity": CapacityFile,
    "capacity-plan": CapacityPlan,
    "tuning": TuningFile,
}


def _workload_schema() -> Schema:
    """Return the schema of the one kind of workload there is, or of each of several."""
    schemas = [_dealt(_model_schema(kind.model)) for kind in KINDS.values()]
    if len(schemas) == 1:
        return schemas[0]
    definitions: Schema = {}
    apart = [_apart(each, definitions) for each in schemas]
    return {"oneOf": apart, "$defs": definitions}


def _dealt(schema: Schema) -> Schema:
    """Return the schema of a kind, which asks for nothing that a trace fills in."""
    if "trace" not in schema["properties"]:
        return schema
    for part, key in FILLED.items():
        definition = schema["properties"][part]["$ref"].rpartition("/")[2]
        schema["$defs"][definition]["required"].remove(key)
    schema["required"] = [key for key in schema["required"] if key not in FILLED]
    whole = {part: {"required": [key]} for part, key in FILLED.items()}
    made_up = {"required": list(FILLED), "properties": whole}
    schema["anyOf"] = [{"required": ["trace"]}, made_up]
    return schema


def _apart(schema: Schema, definitions: Schema) -> Schema:
    """Return a schema without its definitions; those join the others, none in another one's place.

    Args:
        schema: of a kind.
        definitions: of those before it, and then of it as well.
    """
    own = schema.pop("$defs", {})
    for name in [name for name, part in own.items() if definitions.get(name, part) != part]:
        other = f"{schema['properties']['kind']['const']}.{name}"
        schema, own = (_renamed(each, name, other) for each in (schema, own))
        own[other] = own.pop(name)
    definitions |= own
    return schema


def _renamed(schema: Schema, name: str, other: str) -> Schema:
    said = json.dumps(schema).replace(f'"#/$defs/{name}"', f'"#/$defs/{other}"')
    found: Schema = json.loads(said)
    return found


def _model_schema(model: type[Spec]) -> Schema:
    schema = model.model_json_schema()
    definitions = {**schema.get("$defs", {}), model.__name__: schema}
    for part in {model, *models_below(model)}:
        if part.__name__ in definitions:  # else a file has another form of it
            _explain(part, definitions[part.__name__])
    return schema


def _explain(model: type[Spec], schema: Schema) -> None:
    """Move the docstring's attributes to the properties, and write defaults as a file would."""
    summary, _, attributes = (getdoc(model) or "").partition("\n\nAttributes:\n")
    schema["description"] = _one_line(summary)
    texts = _attribute_texts(attributes)
    defaults = model.model_construct().model_dump(mode="json")
    for name, field in model.model_fields.items():
        key = field.alias or name
        entry = schema["properties"][key]
        if name in texts:
            form = entry.get("description")
            entry["description"] = f"{texts[name]} Written as {form}." if form else texts[name]
        if isinstance(defaults.get(key), dict):
            entry.pop("default", None)  # the parts below state their own
        elif key in defaults:
            entry["default"] = defaults[key]


def _attribute_texts(section: str) -> dict[str, str]:
    entries = re.findall(r"^ {4}(\w+): (.*(?:\n {8}.*)*)", section, flags=re.MULTILINE)
    return {name: _one_line(text) for name, text in entries}


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    return f"{line[:1].upper()}{line[1:]}"


def _config_schema() -> Schema:
    settings = _model_schema(Settings)
    definitions = settings.pop("$defs")
    dotted = {
        f"{group}.{key}": {"$ref": f"#/$defs/{model.__name__}/properties/{key}"}
        for group, model in (*_groups(Settings).items(), *_parts().items())
        for key in definitions[model.__name__]["properties"]
    }
    settings["properties"] |= dotted
    whole = {key: settings["properties"][key] for key in ("client", "disturbances")}
    axis_items = dotted | whole
    schema = _model_schema(ConfigFile)
    overrides = {"$ref": "#/$defs/Settings"}
    properties = schema["properties"]
    properties["base"] = {"description": properties["base"]["description"], **overrides}
    properties["variants"] |= {
        "additionalProperties": overrides,
        "propertyNames": {"pattern": f"^{NAME_PATTERN}$"},
        "minProperties": 1,
    }
    properties["axes"] |= {
        "properties": {
            key: {"type": "array", "minItems": 1, "items": item} for key, item in axis_items.items()
        },
        "additionalProperties": False,
        "minProperties": 1,
    }
    schema["oneOf"] = [{"required": ["variants"]}, {"required": ["axes"]}]
    schema["$defs"] = definitions | {"Settings": settings}
    return schema


def _parts() -> dict[str, type[Spec]]:
    """Return what has keys of its own within a section, by its dotted key."""
    return {
        f"{group}.{key}": part
        for group, model in _groups(Settings).items()
        for key, part in _groups(model).items()
    }


def _groups(model: type[Spec]) -> dict[str, type[Spec]]:
    return {
        name: field.annotation
        for name, field in model.model_fields.items()
        if isinstance(field.annotation, type) and issubclass(field.annotation, Spec)
    }
