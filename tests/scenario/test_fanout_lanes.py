"""Streams beside the first one of a fan-out: what they are called, and what a user must be let."""

from types import SimpleNamespace
from typing import Any

from bench.broker.admin import trial_names
from bench.broker.permissions import _heard, _said, all_of
from bench.plan.traffic import make_traffics
from bench.scenario.fanout import KIND, lane
from bench.spec.kinds.fanout import Fanout
from tests.plan.examples import cell

CLICKS = {
    "subjects": {"pattern": "clicks.{page}", "values": {"page": ["home", "pay"]}},
    "payload": {"sizes": "64B"},
    "publish": {"rate": "10/s"},
    "consumers": {"funnel": {"filter": "clicks.pay"}, "screen": {"mode": "core"}},
}
LOAD = Fanout.model_validate(
    {
        "kind": "fanout",
        "payload": {"sizes": "64B"},
        "publish": {"rate": "10/s"},
        "consumers": {"audit": {}},
        "streams": {"clicks": CLICKS},
        "phases": {"warmup": "1s", "measure": "2s"},
    }
)
NAMES = trial_names("run", 1)


def overlap(one: str, other: str) -> bool:
    """Whether a subject could be below both prefixes."""
    return one.startswith(other) or other.startswith(one)


def test_each_stream_has_a_name_and_subjects_of_its_own() -> None:
    """The first one keeps what a trial's stream is usually called."""
    first, second = KIND.things(NAMES, cell(1, load=LOAD))

    assert first == NAMES == lane(NAMES, "publish")
    assert second.stream == f"{NAMES.stream}_clicks"
    assert second.owner == NAMES.owner
    assert not overlap(first.subject_prefix, second.subject_prefix)
    assert not overlap(second.subject_prefix, NAMES.deliver_subject)


def test_what_is_done_there_is_asked_before() -> None:
    """Making it, publishing to it, taking from it, and hearing its subjects."""
    needs = all_of([KIND.needs(cell(1, load=LOAD))])

    assert {"STREAM.CREATE.{stream}_clicks", "CONSUMER.MSG.NEXT.{stream}_clicks.consumer"} <= (
        needs.asks
    )
    assert needs.says == {"{prefix}-clicks.x"}
    assert needs.hears == {"{prefix}-clicks.>"}
    assert not needs.listens


def test_what_is_asked_names_what_will_be_made() -> None:
    """The subjects that are tried are those of the second stream."""
    link: Any = SimpleNamespace(endpoint=SimpleNamespace(js_api="$JS.API", inbox_prefix="_INBOX"))
    needs, second = KIND.needs(cell(1, load=LOAD)), lane(NAMES, "clicks")

    said, heard = {*_said(link, NAMES, needs)}, {*_heard(link, NAMES, needs)}

    assert {f"{second.subject_prefix}x", f"$JS.API.STREAM.CREATE.{second.stream}"} <= said
    assert f"{second.subject_prefix}>" in heard


def test_a_filter_is_looked_for_among_the_subjects_of_its_own_stream() -> None:
    """Each part that filters is due what its flow has of it."""
    traffic = make_traffics(LOAD.loads, 1)
    due = KIND.due(cell(1, load=LOAD), traffic)

    assert list(due) == ["funnel"]
    assert due["funnel"].size == traffic["clicks"].intended_ns.size
    assert due["funnel"].sum() == due["funnel"].size // 2
