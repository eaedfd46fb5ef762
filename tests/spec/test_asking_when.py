"""Where a consumer cannot ask at another time, or a batch cannot be returned whole."""

import pytest

from bench.spec import asking_when, whole_batches
from bench.spec.jetstream import objections, workload_objections
from bench.spec.kinds.registry import KINDS
from bench.spec.kinds.stream import Stream
from bench.spec.variant import Settings
from tests.spec.cases import Tree
from tests.spec.test_cautions import workload

WHOLE = {"ack": {"timing": "per-batch", "whole_batches": True}}
TASK = {"client": "nats-py", "handler": {"run": "task"}}
ASKING: tuple[Tree, ...] = ({"ask_ahead": 5}, {"ask_idle": 2}, {"ask_every": "20ms"})


def said(tree: Tree, load: Stream | None = None) -> list[tuple[str, str]]:
    settings = Settings.model_validate(tree)
    found = objections(settings)
    if load is not None:
        found = (*found, *workload_objections(settings, load))
    return [(each.key, each.what) for each in found]


@pytest.mark.parametrize("client", ["wire", "nats-py"])
def test_what_both_clients_can_is_not_refused(client: str) -> None:
    """A rule that is too strict would forbid what runs."""
    for pull in ASKING:
        assert said({"client": client, "pull": pull}, workload(workers=2)) == []
    assert said({"client": client, **WHOLE}, workload()) == []
    assert said(TASK | WHOLE, workload()) == []


@pytest.mark.parametrize("pull", ASKING)
def test_who_asks_otherwise_than_by_virtual_workers_is_told(pull: Tree) -> None:
    """Taken in silence it would be measured as something else."""
    (key,) = (f"pull.{each}" for each in pull)

    for tree, word in (({"consumer": {"mode": "push"}}, "push"), (TASK, "fetch")):
        ((found, what),) = said({**tree, "pull": pull})
        assert found == key
        assert word in what
    ((found, what),) = said({"pull": pull, "effect": {"written": True}}, workload(workers=2))
    assert (found, "written" in what) == (key, True)


def test_settings_that_never_ask_are_refused() -> None:
    """Three of two workers are never idle, and none is while messages wait."""
    assert [key for key, _ in said({"pull": {"ask_idle": 3}}, workload(workers=2))] == [
        "pull.ask_idle"
    ]
    assert [key for key, _ in said({"pull": {"ask_idle": 1, "ask_ahead": 1}})] == ["pull.ask_idle"]
    assert [key for key, _ in said({"pull": {"ask_every": "0s"}})] == ["pull.ask_every"]


@pytest.mark.parametrize(
    ("tree", "word"),
    [
        ({"ack": {"whole_batches": True}}, "after-handler"),
        (WHOLE | {"failure": {"answer": "term"}}, "term"),
        (WHOLE | {"effect": {"idempotency": "memory"}}, "memory"),
        (WHOLE | {"effect": {"written": True}}, "written"),
    ],
)
def test_a_batch_that_cannot_be_returned_is_refused(tree: Tree, word: str) -> None:
    """Each for its own reason, once."""
    ((key, what),) = said(tree, workload())

    assert key == "ack.whole_batches"
    assert word in what


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"stream"}))
def test_other_kinds_of_workloads_do_neither(kind: str) -> None:
    """Their consumers go on as they did."""
    for pull in ASKING:
        asking = Settings.model_validate({"pull": pull})
        assert len([*asking_when.unfit(asking, kind, ["stream"])]) == 1
        assert not [*asking_when.unfit(asking, "stream", ["stream"])]
    whole = Settings.model_validate(WHOLE)
    assert [each.key for each in whole_batches.unfit(whole, kind, ["stream"])] == [
        "ack.whole_batches"
    ]
    assert not [*whole_batches.unfit(whole, "stream", ["stream"])]
    assert not [*whole_batches.unfit(Settings(), kind, ["stream"])]
