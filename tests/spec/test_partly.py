"""One wrong value hides nothing that is wrong beside it, and brings no error that is none."""

import copy
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from bench.core.errors import SpecError
from bench.spec.base import UnreadError
from bench.spec.kinds.stream import Stream
from bench.spec.load import load_config, load_workload
from bench.spec.lookup import shipped_root
from bench.spec.partly import partly, readable
from bench.spec.yaml_tree import Loc
from tests.spec.files import problems_of, write, write_all

MATRIX = """\
label: my label
workloads: [load]
configs: [sizes]
baseline: sizes/bse
success: [misprojected == 0, lsot == 0, p99 < 5]
"""
CONFIG = """\
base: {consumer: {ack_wait: 5}}
variants:
  base: {pull.batch: 5, consumer.max_ack_pending: 3}
  once: {publish.mode: atomic, consumer.mode: psh}
  none: {ack.timing: none, consumer.ack_polcy: none}
"""
WORKLOAD = """\
kind: stream
payload: {sizes: 128B}
publish: {rate: 100, arrivals: burst, headers: [trace, trace]}
consume: {workers: 0, handler: {work: [cpu, cpu]}}
"""


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names are looked for below the working directory."""
    monkeypatch.chdir(tmp_path)


def told(found: list[str]) -> list[str]:
    """What is told: key and value, without the file before it and what is wrong behind it."""
    return [line.split(": ")[1] for line in found]


def test_what_the_rules_of_a_config_say_is_told_beside_what_cannot_be_read(tmp_path: Path) -> None:
    """An ack_wait without a unit hid a batch that no request would fill."""
    assert told(problems_of(write(tmp_path, "c.yaml", CONFIG))) == [
        "base.consumer.ack_wait = 5",
        "variants.base.pull.batch = 5",
        "variants.once.consumer.mode = 'psh'",
        "variants.once.publish.mode = 'atomic'",
        "variants.none.consumer.ack_polcy = 'none'",
    ]


def test_what_the_checks_of_a_workload_say_is_told_beside_what_cannot_be_read(
    tmp_path: Path,
) -> None:
    """Each of a model's own checks, and not the first that fails."""
    found = told(problems_of(write(tmp_path, "w.yaml", WORKLOAD)))

    assert sorted(found) == [
        "consume.handler.work = […]",
        "consume.workers = 0",
        "publish.arrivals = 'burst'",
        "publish.headers = […]",
        "publish.rate = 100",
    ]


def test_a_matrix_is_held_against_what_can_be_read_of_its_files(tmp_path: Path) -> None:
    """Its label is wrong, and a config; its goals and the crossing are told all the same."""
    found = problems_of(write_all(tmp_path, config=CONFIG, matrix=MATRIX))

    assert sorted(told(found)[:5]) == [
        "baseline = 'sizes/bse'",
        "label = 'my label'",
        "success[0] = 'misprojected == 0'",
        "success[1] = 'lsot == 0'",
        "success[2] = 'p99 < 5'",
    ]
    assert "variants.base.pull.batch = 5" in told(found)


def test_a_crossing_is_told_of_variants_beside_one_that_cannot_be_read(tmp_path: Path) -> None:
    """A bucket has no acks, whatever is wrong in the next variant."""
    bucket = "kind: kv\nkeys: {count: 9}\nvalue: {sizes: 99B}\nget: {rate: 5/s}\n"
    config = "variants:\n  one: {ack.timing: none, consumer.ack_policy: none}\n  two: {pull: 3}\n"
    found = problems_of(write_all(tmp_path, workload=bucket, config=config))

    assert [line for line in found if "ack.timing" in line and "of the kind kv" in line]
    assert "variants.two.pull = 3" in told(found)


def test_a_crossing_is_told_of_what_can_be_read_of_the_same_variant(tmp_path: Path) -> None:
    """A rule that asks for what is wrong says nothing, and keeps no other from speaking."""
    bucket = "kind: kv\nkeys: {count: 9}\nvalue: {sizes: 99B}\nget: {rate: 5/s}\n"
    config = "variants:\n  one: {ack.timing: none, consumer.ack_policy: none, pull: 3}\n"
    found = problems_of(write_all(tmp_path, workload=bucket, config=config))

    assert [line for line in found if "ack.timing" in line and "of the kind kv" in line]
    assert "variants.one.pull = 3" in told(found)


def test_who_asks_for_what_could_not_be_read_says_nothing() -> None:
    """What came before it is told."""
    data = {"kind": "stream", "publish": {"rate": 5, "publishers": 2}}
    made, misfits = partly(Stream, data, [("publish", "rate"), ("payload",)])

    def check() -> Iterator[int]:
        yield made.publish.publishers
        yield round(made.publish.rate_msgs_per_s)

    assert list(readable(check)) == [2]
    assert misfits == []
    with pytest.raises(UnreadError):
        _ = made.payload


def _leaves(data: Mapping[str, Any], above: Loc = ()) -> Iterator[Loc]:
    for key, value in data.items():
        if isinstance(value, dict):
            yield from _leaves(value, (*above, key))
        else:
            yield (*above, key)


def _with(data: Mapping[str, Any], loc: Loc, value: object) -> Mapping[str, Any]:
    changed = copy.deepcopy(dict(data))
    inner: Any = changed
    for key in loc[:-1]:
        inner = inner[key]
    inner[loc[-1]] = value
    return changed


@pytest.mark.parametrize(
    ("folder", "name"), [("workloads", "poison-messages"), ("configs", "pull-tuning")]
)
def test_a_value_that_cannot_be_read_brings_no_error_elsewhere(
    tmp_path: Path, folder: str, name: str
) -> None:
    """Of each value of a file that is right: what is told names that one alone."""
    data = yaml.safe_load((shipped_root() / folder / f"{name}.yaml").read_text("utf-8"))
    load = load_workload if folder == "workloads" else load_config

    places = list(_leaves(data))
    assert len(places) > 10
    for loc in places:
        path = write(tmp_path, f"{name}.yaml", yaml.safe_dump(_with(data, loc, [[]])))
        with pytest.raises(SpecError) as caught:
            load(path)
        key = ".".join(map(str, loc))
        assert [each.key for each in caught.value.problems if not each.key.startswith(key)] == []
