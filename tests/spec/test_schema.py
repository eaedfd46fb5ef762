import re
from collections.abc import Iterator
from typing import Any, get_args

import pytest

from bench.core.units import format_duration, format_rate, format_share, format_size
from bench.spec.lookup import Kind
from bench.spec.schema import json_schema

KINDS: tuple[Kind, ...] = get_args(Kind)


def nodes(schema: object) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        yield schema
        for child in schema.values():
            yield from nodes(child)
    elif isinstance(schema, list):
        for child in schema:
            yield from nodes(child)


def at(schema: dict[str, Any], pointer: str) -> Any:
    node: Any = schema
    for part in pointer.removeprefix("#/").split("/"):
        node = node[part]
    return node


@pytest.mark.parametrize("kind", KINDS)
def test_every_reference_leads_somewhere(kind: Kind) -> None:
    """An editor drops a schema with a dangling reference without a word."""
    schema = json_schema(kind)

    references = [node["$ref"] for node in nodes(schema) if isinstance(node.get("$ref"), str)]
    assert references or "$defs" not in schema
    assert all(at(schema, reference) is not None for reference in references)


@pytest.mark.parametrize("kind", KINDS)
def test_every_key_is_explained(kind: Kind) -> None:
    """The editor shows the text beside the key: the manual where it is needed."""
    schema = json_schema(kind)
    parts = [schema, *schema.get("oneOf", ()), *schema.get("$defs", {}).values()]
    unexplained = [
        key
        for part in parts
        for key, entry in part.get("properties", {}).items()
        if "description" not in entry and "." not in key and key not in ("p50", "p99")
    ]

    assert unexplained == []


@pytest.mark.parametrize("kind", KINDS)
def test_no_mapping_takes_a_key_that_we_would_refuse(kind: Kind) -> None:
    """What the loader refuses should already be red in the editor."""
    schema = json_schema(kind)
    objects = [node for node in nodes(schema) if node.get("type") == "object"]

    assert objects
    assert all("additionalProperties" in node for node in objects)
    assert not any(node["additionalProperties"] is True for node in objects)


def test_defaults_are_written_as_in_a_file() -> None:
    """`30000000000` is no duration that we read."""
    phases = json_schema("workload")["$defs"]["Phases"]["properties"]

    assert phases["warmup"]["default"] == "30s"


@pytest.mark.parametrize(
    ("pointer", "right", "wrong"),
    [
        ("#/$defs/Phases/properties/warmup", format_duration(1_500_000), "30"),
        ("#/$defs/Publish/properties/rate", format_rate(0.25), "5000"),
    ],
)
def test_patterns_take_what_we_write_and_refuse_bare_numbers(
    pointer: str, right: str, wrong: str
) -> None:
    """The commonest slip is a number without its unit."""
    pattern = at(json_schema("workload"), pointer)["pattern"]

    assert re.search(pattern, right)
    assert not re.search(pattern, wrong)


def test_sizes_take_one_size_or_shares() -> None:
    """Both forms that the loader reads."""
    one, shares = json_schema("workload")["$defs"]["Payload"]["properties"]["sizes"]["anyOf"]
    ((size, share),) = shares["patternProperties"].items()

    assert re.search(one["pattern"], format_size(32768))
    assert re.search(size, format_size(128))
    assert re.search(share["pattern"], format_share(0.95))


def test_variants_take_dotted_keys_and_axes_take_lists_of_them() -> None:
    """`pull.batch: 1` is how most variants are written."""
    schema = json_schema("config")
    batch = {"$ref": "#/$defs/PullSettings/properties/batch"}

    assert schema["$defs"]["Settings"]["properties"]["pull.batch"] == batch
    assert schema["properties"]["axes"]["properties"]["pull.batch"]["items"] == batch
    assert at(schema, batch["$ref"])["type"] == "integer"


def test_dotted_keys_lead_into_what_has_keys_of_its_own() -> None:
    """An editor would mark `stream.consumer_limits.max_ack_pending`, which the loader takes."""
    schema, key = json_schema("config"), "stream.consumer_limits.max_ack_pending"
    limit = {"$ref": "#/$defs/ConsumerLimits/properties/max_ack_pending"}

    assert schema["$defs"]["Settings"]["properties"][key] == limit
    assert schema["properties"]["axes"]["properties"][key]["items"] == limit
    assert "max_ack_pending" in at(schema, "#/$defs/ConsumerLimits/properties")
