"""What handlers can be told to do, and where it is refused with its reason."""

from typing import Any

import pytest
from pydantic import ValidationError

from bench.spec.cautions import cautions
from bench.spec.handler import ConsumeHandler
from bench.spec.jetstream import workload_objections
from bench.spec.kinds.registry import cast_of
from bench.spec.kinds.stream import Stream
from bench.spec.variant import Settings
from bench.spec.work import FORMATS, WORK, WorkKind

TASK: dict[str, Any] = {"client": "nats-py", "handler": {"run": "task"}}


def stream(*work: str, form: str = "event-envelope", **handler: Any) -> Stream:
    return Stream.model_validate(
        {
            "kind": "stream",
            "payload": {"sizes": "512B", "format": form},
            "publish": {"rate": "50/s"},
            "consume": {"workers": 4, "handler": {"time": "5ms", "work": [*work], **handler}},
        }
    )


@pytest.mark.parametrize("kind", WORK)
def test_all_work_can_be_done_by_coroutines(kind: WorkKind) -> None:
    """A rule that is too strict would forbid what runs."""
    load = stream(kind, form=FORMATS.get(kind, "random-bytes"))

    assert workload_objections(Settings.model_validate(TASK), load) == ()


@pytest.mark.parametrize(
    ("tree", "work", "key", "words"),
    [
        ({}, "cpu", "handler.run", "virtual workers only keep account"),
        ({"client": "nats-py"}, "file", "handler.run", "virtual workers only keep account"),
        ({**TASK, "ack": {"timing": "after-validation"}}, "kv", "ack.timing", "comes again"),
        ({**TASK, "effect": {"written": True}}, "kv", "effect", "no other work"),
        ({**TASK, "consumer": {"headers_only": True}}, "file", "consumer.headers_only", "for file"),
        (
            {"client": "nats-py", "handler": {"run": "task", "check": ["envelope"]}},
            "json",
            "handler.check",
            "parsed twice",
        ),
    ],
    ids=str,
)
def test_work_that_cannot_be_done_is_refused(
    tree: dict[str, Any], work: str, key: str, words: str
) -> None:
    """Left out in silence, a cell would look faster than the handler is."""
    settings = Settings.model_validate(tree)

    found = [each.what for each in workload_objections(settings, stream(work)) if each.key == key]

    assert [words in what for what in found].count(True) == 1
    plain = [each.what for each in workload_objections(settings, stream())]
    assert not any(words in what for what in plain)


def test_messages_without_content_can_be_computed_on() -> None:
    bare = Settings.model_validate({**TASK, "consumer": {"headers_only": True}})

    found = workload_objections(bare, stream("cpu"))

    assert not [each for each in found if "anything for" in each.what]


@pytest.mark.parametrize(
    ("work", "more", "words"),
    [
        (["cpu", "cpu"], {}, "stands twice"),
        (["cpu"], {"time": "0s"}, "there is none"),
        (["json"], {"form": "json-envelope"}, "json-envelope is nothing for that"),
        (["decrypt"], {}, "event-envelope is nothing for that"),
        (["verify"], {"form": "random-bytes"}, "random-bytes is nothing for that"),
        (["json", "decrypt"], {"form": "sealed"}, "do json, and sealed"),
        (["disk"], {}, "'kv' or 'file'"),
    ],
    ids=str,
)
def test_what_means_nothing_is_refused_where_it_stands(
    work: list[str], more: dict[str, Any], words: str
) -> None:
    with pytest.raises(ValidationError, match=words):
        stream(*work, **more)


def test_more_workers_for_one_core_are_cautioned_against() -> None:
    """Each waits for the loop; what waits for the disk or the server leaves it to others."""
    settings = Settings.model_validate(TASK)

    def cautioned(*work: str, **handler: Any) -> bool:
        found = cautions(settings, stream(*work, **handler))
        return any(each.key == "consume.workers" for each in found)

    assert cautioned("cpu")
    assert cautioned("cpu", "json")
    assert not cautioned("cpu", "file")
    assert not cautioned("json")
    assert not cautioned()


def test_who_parses_messages_finds_those_that_are_malformed() -> None:
    """And nobody is told that they are found by none."""
    settings = Settings.model_validate(TASK)
    bad = {"faults": [{"kind": "malformed", "share": "2%"}]}

    def unseen(*work: str) -> bool:
        load = stream(*work).model_dump(by_alias=True)
        load["consume"].update(bad)
        found = cautions(settings, Stream.model_validate(load))
        return any("no handler looks" in each.what for each in found)

    assert [unseen("json"), unseen("cpu")] == [False, True]


def test_work_is_told_and_part_of_what_a_cell_is_known_by() -> None:
    """And a workload without any is known as before there was work."""
    handler = ConsumeHandler.model_validate({"time": "5ms", "work": ["cpu", "kv"]})

    assert handler.told() == "handler 5ms, on the CPU and puts it into a bucket"
    plain, working = stream(), stream("cpu")
    said = [each.model_dump_json(exclude=each.unsaid) for each in (plain, working)]
    assert ['"work"' in each for each in said] == [False, True]


def test_what_fails_at_its_work_is_counted() -> None:
    """As what fails of itself."""
    settings = Settings.model_validate(TASK)

    names = [
        {each.name for each in cast_of(load, settings).part("consume").entries}
        for load in (stream("file"), stream())
    ]

    assert ["failures" in each for each in names] == [True, False]
