"""When handlers say that they still work on a message: what is refused, and what is told."""

import pytest

from bench.spec.cautions import cautions
from bench.spec.jetstream import objections
from bench.spec.kinds.registry import KINDS
from bench.spec.progress import unfit
from bench.spec.variant import Settings
from tests.spec.cases import Tree
from tests.spec.test_cautions import workload

SAYING = {"ack": {"in_progress": "300ms"}}
WAIT_1S = {"consumer": {"ack_wait": "1s"}}


def test_it_goes_with_every_way_to_acknowledge_after_the_work() -> None:
    """A rule that is too strict would forbid what runs."""
    for timing, policy in (
        ("after-handler", "explicit"),
        ("per-batch", "explicit"),
        ("cumulative", "all"),
    ):
        tree = {"ack": {"timing": timing, "in_progress": "1s"}, "consumer": {"ack_policy": policy}}
        assert objections(Settings.model_validate(tree)) == ()


@pytest.mark.parametrize(
    ("tree", "words"),
    [
        ({"ack": {"in_progress": "1s", "timing": "after-validation"}}, "waits for no ack"),
        ({"ack": {"in_progress": "30s"}}, "after ack_wait, 30s"),
        (SAYING | {"consumer": {"ack_wait": "300ms"}}, "after ack_wait, 300ms"),
        (SAYING | {"consumer": {"backoff": ["1s", "200ms"]}}, "shortest step of backoff, 200ms"),
        ({"ack": {"in_progress": "0s"}}, "so short"),
        ({"ack": {"in_progress": "999us"}}, "so short"),
    ],
)
def test_what_is_said_in_vain_is_refused(tree: Tree, words: str) -> None:
    """It would look as if it had been tried."""
    (objection,) = objections(Settings.model_validate(tree))

    assert objection.key == "ack.in_progress"
    assert words in objection.what


def test_without_acks_there_is_nothing_that_it_could_put_off() -> None:
    """The policy and the timing both say so; one objection is enough."""
    tree = {"consumer": {"ack_policy": "none"}, "ack": {"timing": "none", "in_progress": "1s"}}

    (objection,) = objections(Settings.model_validate(tree))

    assert (objection.key, objection.against) == ("ack.in_progress", ("ack.timing",))


@pytest.mark.parametrize("time", ["1500ms", "2s"])
def test_a_handler_above_ack_wait_is_no_caution_where_it_says_that_it_works(time: str) -> None:
    """Beside: the same without it."""
    load = workload(time=time, rate="1/s", workers=10)

    def keys(tree: Tree) -> list[str]:
        return [each.key for each in cautions(Settings.model_validate(tree), load)]

    assert "consumer.ack_wait" in keys(WAIT_1S)
    assert keys({**WAIT_1S, **SAYING}) == []


@pytest.mark.parametrize(("every", "expected"), [("500ms", []), ("501ms", ["ack.in_progress"])])
def test_one_word_in_time_is_few(every: str, expected: list[str]) -> None:
    """The second one would come after the wait is over."""
    settings = Settings.model_validate({**WAIT_1S, "ack": {"in_progress": every}})

    assert [each.key for each in cautions(settings, workload())] == expected


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"stream"}))
def test_other_kinds_of_workloads_say_nothing_of_it(kind: str) -> None:
    """Taken in silence it would be measured as something else."""
    (objection,) = unfit(Settings.model_validate(SAYING), kind, ["stream"])

    assert objection.key == "ack.in_progress"
    assert kind in objection.what
    assert not [*unfit(Settings(), kind, ["stream"])]
    assert not [*unfit(Settings.model_validate(SAYING), "stream", ["stream"])]


def test_the_ledger_counts_it_where_it_is_said() -> None:
    """An entry that is always there would tell nothing."""

    def names(tree: Tree) -> list[str]:
        cast = KINDS["stream"].cast(Settings.model_validate(tree), None)
        return [each.name for each in cast.part("consume").entries]

    assert "in_progress" in names(SAYING)
    assert "in_progress" not in names({})
