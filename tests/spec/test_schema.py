import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
import yaml

from bench.core.units import format_duration, format_rate, format_share, format_size
from bench.spec.lookup import Kind, shipped_root
from bench.spec.recognised import check_files
from bench.spec.schema import json_schema
from bench.spec.traces import Trace, write_trace
from tests.house.files import documents
from tests.house.markdown import examples
from tests.spec.editor import marks

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


def marked(place: str, text: str) -> list[str]:
    """Return what an editor marks in a file at this place; of a workload by its kind."""
    below = {"workloads": "workload", "matrices": "matrix"}
    below |= {folder: folder for folder in ("gates", "capacity", "tuning")}
    below = {"plans": "capacity-plan"} | below
    kind = next((kind for part, kind in below.items() if part in Path(place).parts), "config")
    schema, value = json_schema(kind), yaml.safe_load(text)  # type: ignore[arg-type]
    several = schema.get("oneOf", ()) if kind == "workload" else ()
    own = [each for each in several if each["properties"]["kind"]["const"] == value["kind"]]
    return list(marks(value, own[0] if own else schema, schema))


def test_no_shipped_file_and_no_example_is_marked() -> None:
    """The loader takes all of them: what an editor marks there is a fault of the schema."""
    root = shipped_root()
    paths = [*root.glob("workloads/*.yaml"), *root.glob("configs/**/*.yaml")]
    files = [(str(path.relative_to(root)), path.read_text()) for path in paths]
    places = [
        (place[1], text)
        for path in documents()
        for first, text in examples(path)
        if (place := re.fullmatch(r"# ((?:workloads|configs)/[\w/-]+\.yaml)", first))
    ]

    assert len(files) > 50
    assert len(places) > 10
    assert [(place, each) for place, text in files + places for each in marked(place, text)] == []


BASE = {
    "workload": "kind: stream\npayload: {sizes: 1KiB}\npublish: {rate: 10/s}\n",
    "config": "question: Which one?\n",
    "matrix": "label: x\nworkloads: [mixed-payload]\n",
}
PLACES = {"workload": "workloads/", "config": "configs/", "matrix": "configs/matrices/"}

SHORT = {
    "a handler's time": ("workload", "consume: {handler: {time: 5ms}}"),
    "a file of times": ("workload", "consume: {handler: {time: {file: times.txt}}}"),
    "a function of a workload": ("workload", "consume: {handler: {call: 'mine:handle'}}"),
    "a function of a variant": (
        "config",
        "base: {client: nats-py, handler.run: task}\nvariants: {a: {handler.call: 'mine:handle'}}",
    ),
    "a function in a section": (
        "config",
        "base: {client: nats-py, handler: {run: task, call: 'mine:handle'}}\nvariants: {a: {}}",
    ),
    "one size": ("workload", "payload: {sizes: 2KiB}"),
    "numbers of thousands": (
        "config",
        "variants: {a: {stream.history: {messages: 5M, subjects: 100k}}}",
    ),
    "bare names of configs": ("matrix", "configs: [pull-batch]"),
    "a trace for what it says": ("workload", "payload: null\npublish: null\ntrace: {file: t.npz}"),
    "a trace beside settings": (
        "workload",
        "payload: {format: json-envelope}\npublish: {window: 64}\ntrace: {file: t.npz}",
    ),
}


def written(kind: str, text: str) -> str:
    """Return a file of a kind in which some keys are written in their short form; null for none."""
    merged = {**yaml.safe_load(BASE[kind]), **yaml.safe_load(text)}
    return yaml.safe_dump({key: value for key, value in merged.items() if value is not None})


@pytest.mark.parametrize("short", SHORT)
def test_every_short_form_that_is_read_is_taken_by_an_editor(
    short: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind, text = SHORT[short]
    path = tmp_path / PLACES[kind] / "short.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(written(kind, text))
    (path.parent / "mine.py").write_text("def handle(message): ...\n")
    (path.parent / "times.txt").write_text("12.5ms\n")
    gaps, sizes = np.array([0, 1_000_000]), np.array([1024, 1024])
    trace = Trace(gap_ns=gaps, size_bytes=sizes, subject_index=np.array([0, 0]), subjects=("a",))
    write_trace(path.parent / "t.npz", trace)
    monkeypatch.chdir(tmp_path)

    assert len(check_files([path])) == 1
    assert marked(str(path.relative_to(tmp_path)), path.read_text()) == []


@pytest.mark.parametrize(
    ("kind", "text", "word"),
    [
        ("workload", "consume: {handler: {call: {function: 'mine:handle'}}}", "call"),
        ("workload", "consume: {handler: {call: mine}}", "call"),
        ("workload", "consume: {handler: {time: {}}}", "time"),
        ("workload", "payload: {format: json-envelope}", "lacks sizes"),
        ("workload", "publish: null", "lacks publish"),
        ("config", "variants: {a: {handler.call: 7}}", "handler.call"),
        ("matrix", "configs: [7]", "configs"),
    ],
)
def test_what_is_read_in_no_form_is_marked(kind: str, text: str, word: str) -> None:
    assert word in "\n".join(marked(f"{PLACES[kind]}x.yaml", written(kind, text)))


def test_parts_of_two_kinds_that_share_a_name_are_apart() -> None:
    """The answer to a request has no work of its own; a command's asker has other keys."""
    schema = json_schema("workload")
    own = {each["properties"]["kind"]["const"]: each["properties"] for each in schema["oneOf"]}

    request = at(schema, own["request"]["request"]["$ref"])["properties"]
    command = at(schema, own["command"]["command"]["$ref"])["properties"]
    assert "requesters" in request
    assert request.keys() != command.keys()
