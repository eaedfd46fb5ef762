"""A projection as it is written: what is refused, what is told, what is counted."""

from typing import Any

import pytest
from pydantic import ValidationError

from bench.spec.cast import Weight, entries
from bench.spec.kinds.projection import Projected, cast_of
from bench.spec.kinds.registry import KINDS, objections
from bench.spec.variant import Settings


def projection(publish: dict[str, Any] | None = None, **parts: Any) -> Projected:
    return Projected.model_validate(
        {
            "kind": "projection",
            "payload": {"sizes": "128B"},
            "publish": {"rate": "100/s", **(publish or {})},
            **parts,
        }
    )


def settings(**parts: object) -> Settings:
    return Settings.model_validate(parts)


def test_its_parts_are_publishers_a_projector_and_watchers() -> None:
    """Ranked by when an event is visible to the first watcher, then by the change itself."""
    cast = cast_of(Settings(), projection(watch={"cache": {}, "few": {"filter": "1"}}))

    assert [part.name for part in cast.parts] == ["publish", "project", "cache", "few"]
    assert cast.ranked == ("cache.delivery", "project.completion")
    assert cast.done == "acked"
    alone = cast_of(Settings(), projection())
    assert (alone.ranked, alone.done) == (("completion",), "acked")


def test_each_check_counts_against_a_cell() -> None:
    """The model, and each watcher of it."""
    held = entries(cast_of(Settings(), projection(watch={"cache": {}})))

    checks = {name: entry for name, (_, entry) in held.items() if entry.check}
    own = {"misprojected", "reapplied"}
    assert own | {"unlike", "cache.lost", "project.lost", "cache.reordered"} == set(checks)
    assert {entry.weight for entry in checks.values()} == {Weight.SHORTFALL}


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"payload": {"sizes": "47B"}}, "too small for what the model knows"),
        ({"payload": {"sizes": "200B", "format": "json-envelope"}}, "its own words"),
        ({"entities": {"distribution": "latest"}}, "nothing is read"),
        ({"entities": {"count": 2}, "publish": {"publishers": 3}}, "fewer than publishers"),
        ({"publish": {"repeats": "91%"}}, "hardly an event"),
        ({"publish": {"repeats": "50%", "ends": "41%"}}, "ends and repeats up to 90% together"),
        ({"publish": {"repeats": "5%", "headers": ["message-id"]}}, "stores no message-id twice"),
        ({"project": {"order": "some"}}, "per-key"),
        ({"project": {"workers": 0}}, "greater than or equal to 1"),
        ({"watch": {"project": {}}}, "cannot stand before the names"),
        ({"watch": {"w": {"filter": "x.y"}}}, "matches no key"),
        ({"watch": {f"w{n}": {} for n in range(17)}}, "too many"),
    ],
)
def test_what_cannot_be_is_refused(parts: dict[str, Any], said: str) -> None:
    """Before anything runs."""
    with pytest.raises(ValidationError, match=said):
        projection(**parts)


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ({"ack": {"timing": "none"}, "consumer": {"ack_policy": "none"}}, "ack.timing"),
        ({"ack": {"timing": "after-validation"}}, "ack.timing"),
        ({"bucket": {"ttl": "50ms"}}, "bucket.ttl"),
        ({"respond": {"workers": 2}}, "respond.workers"),
    ],
)
def test_settings_that_cannot_make_a_model_are_refused(given: dict[str, Any], key: str) -> None:
    """Each with its key."""
    assert key in [each.key for each in objections(settings(**given), projection())]


def test_usual_settings_are_taken() -> None:
    """With acks one by one, in batches or cumulative."""
    assert objections(settings(), projection()) == ()
    batches = settings(ack={"timing": "per-batch"}, bucket={"history": 5})
    assert objections(batches, projection()) == ()


@pytest.mark.parametrize(
    ("project", "warns"),
    [({}, False), ({"order": "none"}, True), ({"order": "none", "workers": 1}, False)],
)
def test_an_author_is_told_what_no_order_means(project: dict[str, Any], warns: bool) -> None:
    """With one worker nothing overtakes."""
    notes = [*KINDS["projection"].notes("orders", projection(project=project))]

    assert bool(notes) is warns


def test_it_is_told_in_a_sentence() -> None:
    """Who offers what, and what becomes of it."""
    load = projection({"ends": "2%"}, entities={"count": 1}, watch={"cache": {}})

    assert load.told() == (
        "100/s events by 1 publisher (constant), 2% of them ends, about 1 entity (uniform), "
        "payload 128B; a projector changes 16 values at a time; watched by cache"
    )


def test_repeats_are_told_and_due_to_nobody() -> None:
    """The projector and each watcher are due an event once."""
    load = projection(
        {"ends": "2%", "repeats": "5%"}, entities={"count": 4}, watch={"one": {"filter": "1"}}
    )

    cast = cast_of(Settings(), load)

    assert "2% of them ends, 5% of them repeats, about" in load.told()
    assert [part.instants[0].name for part in cast.observing] == ["expected", "expected"]
    shares = {name: load.share_of(name) for name in ("publish", "project", "one")}
    assert shares == pytest.approx({"publish": 1.0, "project": 0.95, "one": 0.95 / 4})


def test_a_slower_handler_changes_nothing() -> None:
    """A projector's work is not simulated."""
    load = projection()

    assert load.with_handler(load.busy) == load
    assert load.busy.time.mean_ns == 0


def test_what_came_later_is_not_said_where_it_is_left_out() -> None:
    """So that runs of then are compared with runs of now."""
    assert projection().unsaid["publish"] == {"repeats"}
    assert "publish" not in projection({"repeats": "5%"}).unsaid


def test_who_reads_the_model_is_a_part_as_of_a_bucket() -> None:
    """Where one server confirms and answers nothing may be stale; replicas may."""
    load = projection(read={"rate": "300/s", "readers": 2}, watch={"cache": {}})

    cast = cast_of(Settings(), load)

    assert [part.name for part in cast.parts] == ["publish", "project", "read", "cache"]
    assert cast.ranked == ("cache.delivery", "project.completion")
    checks = {name for name, (_, entry) in entries(cast).items() if entry.check}
    assert {"stale", "wrong"} <= checks
    replicated = entries(cast_of(settings(bucket={"num_replicas": 3}), load))
    assert replicated["stale"][1].weight is Weight.NOTED
    assert "; read at 300/s by 2 readers (constant); watched by cache" in load.told()
    assert load.rate_msgs_per_s == 400
    per_event = projection().stored_bytes(Settings().publish)
    assert load.stored_bytes(Settings().publish) == pytest.approx(per_event / 4)


def test_a_watcher_is_not_called_as_who_reads() -> None:
    """But where nobody does."""
    assert projection(watch={"read": {}}).unsaid["read"] is True
    with pytest.raises(ValidationError, match="cannot stand before the names"):
        projection(watch={"read": {}}, read={"rate": "1/s"})


def test_several_projectors_keep_no_order() -> None:
    """Which is to be said, and the author is told what it means."""
    with pytest.raises(ValidationError, match="nothing keeps it"):
        projection(project={"processes": 2})

    load = projection(project={"processes": 2, "workers": 1, "order": "none"})

    assert "2 projectors change 1 value at a time each, order none" in load.told()
    assert len([*KINDS["projection"].notes("orders", load)]) == 1
    assert "project" not in load.unsaid
    assert projection().unsaid["project"] == {"processes"}
