"""Where messages cannot wait for others, or handlers not try again; and what may surprise."""

from typing import Any

import pytest
from pydantic import ValidationError

from bench.spec import pacing
from bench.spec.cautions import cautions
from bench.spec.jetstream import objections, workload_objections
from bench.spec.kinds.registry import KINDS
from bench.spec.kinds.registry import objections as all_objections
from bench.spec.kinds.stream import Stream, cast_of
from bench.spec.paced_parts import EVERY, OVERTAKEN
from bench.spec.variant import HandlerSettings, Settings
from tests.spec.cases import Tree

PER_KEY: tuple[Tree, ...] = ({"per_key": "in-order"}, {"per_key": "latest"})
RETRY = {"retry": {"attempts": 3, "base": "50ms", "max": "1s", "jitter": "50%"}}
BREAKER = {"breaker": {"failures": 3, "open_for": "2s"}}
NAK: Tree = {"breaker": {"failures": 3, "open_for": "2s", "while_open": "nak"}}
EACH: tuple[Tree, ...] = (*PER_KEY, RETRY, BREAKER, NAK)
OUTAGE: Tree = {"kind": "outage", "at": "1s", "lasts": "9s"}
TRANSIENT: Tree = {"kind": "transient", "share": "5%"}
SILENT: Tree = {"kind": "silent", "share": "5%"}


def workload(*faults: Tree, subjects: int = 100, consumers: int = 1, **handler: object) -> Stream:
    return Stream.model_validate(
        {
            "kind": "stream",
            "subjects": {"pattern": "orders.{id}", "numbers": {"id": subjects}},
            "payload": {"sizes": "1000B"},
            "publish": {"rate": "10/s"},
            "consume": {
                "workers": 4,
                "consumers": consumers,
                "handler": {"time": "5ms", **handler},
                "faults": [*faults],
            },
        }
    )


def said(tree: Tree, load: Stream | None = None) -> list[tuple[str, str]]:
    settings = Settings.model_validate(tree)
    found = objections(settings)
    if load is not None:
        found = (*found, *workload_objections(settings, load))
    return [(each.key, each.what) for each in found]


def warned(handler: Tree, load: Stream, **parts: Tree) -> list[tuple[str, str]]:
    settings = Settings.model_validate({"handler": handler, "pull": {"ask_ahead": 100}, **parts})
    return [(each.key, each.what) for each in cautions(settings, load)]


@pytest.mark.parametrize(("attempts", "refused"), [(1, True), (2, False)])
def test_a_retry_of_one_attempt_is_none(attempts: int, refused: bool) -> None:
    """The first one counts: it would be taken, and mean nothing."""
    told = said({"handler": {"retry": {"attempts": attempts}}})

    key, what = "handler.retry.attempts", "the first attempt counts as well: nothing would be tried"
    assert (told == [(key, f"{what} again")]) is refused


@pytest.mark.parametrize("handler", EACH)
@pytest.mark.parametrize(
    "more",
    [
        {},
        {"client": "nats-py"},
        {"consumer": {"mode": "push"}},
        {"ack": {"timing": "per-batch"}},
        {"pull": {"ask_ahead": 10}},
        {"effect": {"idempotency": "memory"}},
    ],
    ids=str,
)
def test_what_both_clients_can_is_not_refused(handler: Tree, more: Tree) -> None:
    """A rule that is too strict would forbid what runs."""
    load = workload(starts={"rate": "9/s", "bucket": "leaky"})

    assert said({"handler": handler, **more}, load) == []


@pytest.mark.parametrize("handler", EACH)
@pytest.mark.parametrize(
    ("more", "load", "word"),
    [
        ({"client": "nats-py", "handler": {"run": "task"}}, {}, "coroutines"),
        ({"ack": {"timing": "per-batch", "whole_batches": True}}, {}, "batch"),
        ({"effect": {"written": True}}, {}, "written"),
        ({}, {"cycle": "1ms"}, "request"),
    ],
    ids=str,
)
def test_what_nobody_keeps_is_refused(handler: Tree, more: Tree, load: Tree, word: str) -> None:
    """Ignored in silence it would be measured as something else."""
    tree = {**more, "handler": {**more.get("handler", {}), **handler}}

    ((key, what),) = said(tree, workload(**load))

    assert key == f"handler.{next(iter(handler))}"
    assert word in what


@pytest.mark.parametrize(
    ("timing", "word"),
    [("none", "never"), ("after-validation", "never"), ("cumulative", "cumulative")],
)
def test_what_cannot_come_again_is_not_turned_away(timing: str, word: str) -> None:
    """It waits instead, which needs no answer."""
    policy = {"none": "none", "cumulative": "all"}.get(timing, "explicit")
    tree: Tree = {"ack": {"timing": timing}, "consumer": {"ack_policy": policy}}

    ((key, what),) = said({**tree, "handler": NAK})

    assert (key, word in what) == ("handler.breaker.while_open", True)
    assert said({**tree, "handler": BREAKER}) == []


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"stream"}))
def test_other_kinds_of_workloads_do_none_of_it(kind: str) -> None:
    """Their handlers begin as their messages come."""
    for handler in (*EACH, {"per_key": "counted"}):
        settings = Settings.model_validate({"handler": handler})
        ((key, what),) = ((e.key, e.what) for e in pacing.unfit(settings, kind, ["stream"]))
        assert (key, kind in what) == (f"handler.{next(iter(handler))}", True)
        assert not [*pacing.unfit(settings, "stream", ["stream"])]
    assert not [*pacing.unfit(Settings(), kind, ["stream"])]


def test_all_rules_are_asked_where_a_cell_is_checked() -> None:
    """One that nobody asks refuses nothing."""
    settings = Settings.model_validate({"handler": RETRY, "effect": {"written": True}})

    assert "handler.retry" in [each.key for each in all_objections(settings, workload())]


@pytest.mark.parametrize(
    ("handler", "word"),
    [
        ({"retry": {"base": "2s", "max": "1s"}}, "below base"),
        ({"retry": {"base": "2s"}}, "is above max, which is 1s when it is left out"),
        ({"retry": {"attempts": 0}}, "greater than or equal to 1"),
        ({"breaker": {"share": "50%"}}, "within is missing"),
        ({"breaker": {"within": "1s"}}, "share is missing"),
        ({"breaker": {"share": "50%", "within": "0s"}}, "takes a time"),
        ({"breaker": {"open_for": "0s"}}, "takes a time"),
        ({"breaker": {"probes": 0}}, "greater than or equal to 1"),
        ({"per_key": "subject"}, "'none', 'counted', 'in-order' or 'latest'"),
    ],
)
def test_what_cannot_be_meant_is_told(handler: Tree, word: str) -> None:
    """With what is missing."""
    with pytest.raises(ValidationError, match=word):
        HandlerSettings.model_validate(handler)


def test_what_is_written_is_read_back() -> None:
    """A record holds its settings."""
    tree: Tree = {**RETRY, "breaker": {"share": "50%", "within": "10s"}, "per_key": "latest"}
    settings = Settings.model_validate({"handler": tree})

    assert Settings.model_validate_json(settings.model_dump_json()) == settings


@pytest.mark.parametrize("handler", [{"per_key": "counted"}, *EACH])
def test_what_suits_a_workload_needs_no_caution(handler: Tree) -> None:
    """A caution that always shows is never read."""
    load = workload(*([] if "per_key" in handler else [TRANSIENT]))

    assert warned(handler, load) == []


@pytest.mark.parametrize(
    ("handler", "load", "parts", "word"),
    [
        # 3 x 5 ms, 50 and 100 ms between them: 165 ms.
        (RETRY, workload(TRANSIENT), {"consumer": {"ack_wait": "165ms"}}, "still tries"),
        ({"per_key": "in-order"}, workload(subjects=3), {}, "3 subjects go to 3 of 4 workers"),
        ({"per_key": "in-order"}, workload(consumers=2), {}, "2 processes"),
        ({"per_key": "latest"}, workload(consumers=2), {}, "2 processes"),
        ({"per_key": "in-order"}, workload(), {"pull": {}}, "workers are idle"),
        ({"per_key": "latest"}, workload(), {"pull": {}}, "workers are idle"),
        ({"per_key": "in-order"}, workload(TRANSIENT), {}, "behind later ones"),
        ({"per_key": "in-order"}, workload(SILENT), {}, "handled once more"),
        (
            {"per_key": "in-order", "retry": {"attempts": 2}},
            workload({**TRANSIENT, "times": 2}),
            {},
            "behind later ones",
        ),
        (
            {"per_key": "in-order", "retry": {"attempts": 2}},
            workload(OUTAGE),
            {},
            "behind later ones",
        ),
        (
            {"per_key": "latest"},
            workload({"kind": "permanent", "share": "1%"}),
            {"failure": {"attempts": 3}},
            "takes the place",
        ),
        (RETRY, workload(), {}, "no handler of this workload fails"),
        (BREAKER, workload(), {}, "no handler of this workload fails"),
        (NAK, workload(OUTAGE), {"consumer": {"max_deliver": 5}}, "turned away 5 times"),
        (BREAKER, workload(TRANSIENT), {"consumer": {"ack_wait": "2s"}}, "comes again meanwhile"),
    ],
)
def test_what_may_surprise_is_told(
    handler: Tree, load: Stream, parts: dict[str, Any], word: str
) -> None:
    """Once, with its figures, at the key that brings it about."""
    ours = [each for each in warned(handler, load, **parts) if each[0].startswith("handler.")]

    assert any(word in what for _, what in ours), ours
    assert len(ours) == 1


@pytest.mark.parametrize(
    ("handler", "load", "parts"),
    [
        (RETRY, workload(TRANSIENT), {"consumer": {"ack_wait": "166ms"}}),
        (
            RETRY,
            workload(TRANSIENT),
            {"consumer": {"ack_wait": "165ms"}, "ack": {"in_progress": "50ms"}},
        ),
        ({"per_key": "in-order"}, workload(subjects=4), {}),
        ({"per_key": "in-order"}, workload(), {"pull": {}, "consumer": {"mode": "push"}}),
        ({"per_key": "in-order", "workers": 1}, workload(), {"pull": {}}),
        ({"per_key": "in-order"}, workload(TRANSIENT), {"failure": {"answer": "term"}}),
        ({"per_key": "in-order", "retry": {"attempts": 2}}, workload(TRANSIENT), {}),
        ({"per_key": "in-order"}, workload(SILENT), {"effect": {"idempotency": "memory"}}),
        ({"per_key": "latest"}, workload(SILENT), {}),
        (NAK, workload(OUTAGE), {"consumer": {"max_deliver": 6}}),
        (BREAKER, workload(TRANSIENT), {"consumer": {"ack_wait": "2001ms"}}),
    ],
)
def test_just_beyond_it_nothing_is_told(handler: Tree, load: Stream, parts: dict[str, Any]) -> None:
    """The other side of each figure."""
    assert not [each for each in warned(handler, load, **parts) if each[0].startswith("handler.")]


def test_what_is_counted_follows_from_the_settings() -> None:
    """By a variant that says nothing of it a ledger is what it was."""

    def words(handler: Tree) -> set[str]:
        cast = cast_of(Settings.model_validate({"handler": handler}), workload())
        return {each.name for each in cast.part("consume").entries}

    plain = words({})
    assert words({"per_key": "counted"}) - plain == {"overtaken"}
    assert words({"per_key": "in-order"}) - plain == {"overtaken"}
    assert words({"per_key": "latest"}) - plain == {"overtaken", "superseded", "unfinished_keys"}
    assert words(RETRY) - plain == {"retries", "recovered", "retrying_ms"}
    broken = {"openings", "open_ms", "probes", "turned_away"}
    assert broken <= words(BREAKER) - plain
    assert "undone" in words(BREAKER)
    assert plain.isdisjoint(each.name for each in EVERY)


def test_order_is_held_to_where_it_is_kept_alone() -> None:
    """With any worker for any message it is a figure, and no promise."""
    for per_key, check in (("counted", ""), ("in-order", "No message"), ("latest", "No message")):
        cast = cast_of(Settings.model_validate({"handler": {"per_key": per_key}}), workload())
        (entry,) = (e for e in cast.part("consume").entries if e.name == OVERTAKEN.name)
        assert entry.check.startswith(check)
        assert bool(entry.check) is bool(check)
