"""Where handlers cannot run as a variant says."""

import pytest

from bench.spec.jetstream import objections
from bench.spec.variant import Settings
from tests.spec.cases import Tree

TASK = {"client": "nats-py", "handler": {"run": "task"}}
PUSH = {"consumer": {"mode": "push"}}
PUSH_ALL = {"consumer": {"mode": "push", "ack_policy": "all"}}


@pytest.mark.parametrize(
    "tree",
    [
        {},
        {"client": "nats-py"},
        TASK,
        TASK | PUSH,
        TASK | PUSH | {"ack": {"timing": "after-validation"}},
        TASK | {"ack": {"timing": "per-batch"}},
        TASK | {"ack": {"timing": "cumulative"}, "consumer": {"ack_policy": "all"}},
        PUSH | {"ack": {"timing": "per-batch"}},
    ],
    ids=str,
)
def test_every_way_to_run_handlers_can_be_had(tree: Tree) -> None:
    """A rule that is too strict would forbid what runs."""
    assert objections(Settings.model_validate(tree)) == ()


@pytest.mark.parametrize(
    ("tree", "key", "words"),
    [
        ({"handler": {"run": "task"}}, "handler.run", "wire has no callback"),
        (TASK | PUSH | {"ack": {"timing": "per-batch"}}, "ack.timing", "one message at a time"),
        (TASK | PUSH_ALL | {"ack": {"timing": "cumulative"}}, "ack.timing", "no batch to wait"),
    ],
    ids=str,
)
def test_what_no_client_does_is_refused_with_its_reason(tree: Tree, key: str, words: str) -> None:
    """Taken in silence it would be measured as something else."""
    (objection,) = objections(Settings.model_validate(tree))

    assert objection.key == key
    assert words in objection.what
