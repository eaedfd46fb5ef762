"""Events into a read model: repeats change nothing, ends take away, and the fold is the truth."""

from collections.abc import Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bench.clients.buckets import Value
from bench.engine.projecting import Held, Projection, fold, read_held
from bench.plan.traffic import Traffic, make_traffics
from bench.spec.kinds.projection import Projected

PREFIX = "$KV.b."


def traffic(**publish: str) -> Traffic:
    load = Projected.model_validate(
        {
            "kind": "projection",
            "entities": {"count": 3},
            "payload": {"sizes": "64B"},
            "publish": {"rate": "20/s", "ends": "20%", **publish},
            "phases": {"warmup": "1s", "measure": "1s"},
        }
    )
    return make_traffics(load.loads, 3)["publish"]


class Model:
    """A bucket, changed by a projection one event at a time."""

    def __init__(self, **publish: str) -> None:
        self.traffic = traffic(**publish)
        self.projection = Projection(self.traffic, PREFIX)
        self.values: dict[str, Value] = {}
        self.revision = 0

    def sees(self, event: int, seq: int = 0) -> bool:
        """Bring an event; say whether it changed anything."""
        self.projection.take(0, event, seq or 100 + event)
        key = self.projection.subject(0)
        write = self.projection.change(0, self.values.get(key, Value(gone=True)))
        self.projection.forget(0)
        if write is None:
            return False
        self.revision += 1
        gone = b"KV-Operation: DEL" in write.headers
        self.values[key] = Value(seq=self.revision, gone=gone, data=write.payload)
        return True

    def held(self) -> list[tuple[int, int]]:
        found = [
            read_held(self.values.get(PREFIX + name, Value(gone=True)))
            for name in self.traffic.subjects
        ]
        return [(each.event, each.count) for each in found]


def folded(made: Model, events: Sequence[int]) -> list[tuple[int, int]]:
    """What the events come to, in the words of the audit."""
    ids = np.array(events, dtype=np.int64)
    removes = np.array([act.empty for act in made.traffic.acts])[made.traffic.act_index]
    found = fold(made.traffic.subject_index[ids], removes[ids], 3)
    return [
        (events[at] if at >= 0 else -1, count)
        for at, count in zip(found.event.tolist(), found.count.tolist(), strict=True)
    ]


@given(repeats=st.lists(st.integers(0, 39), max_size=40))
def test_whatever_comes_again_the_model_is_the_fold(repeats: list[int]) -> None:
    """Each event in its turn, and any that came before once more at any time."""
    made = Model()
    for event in range(40):
        assert made.sees(event)
        for again in repeats:
            if again <= event and again % 7 == event % 7:
                assert not made.sees(again)

    assert made.held() == folded(made, range(40))
    assert made.projection.repeats == sum(
        again <= event and again % 7 == event % 7 for event in range(40) for again in repeats
    )


def test_an_event_that_was_published_twice_counts_once() -> None:
    """Its second sequence is newer than all that the model has, and its id is not."""
    made = Model(repeats="30%")
    carried, firsts = made.traffic.carried.tolist(), made.traffic.firsts

    changed = [made.sees(event, 100 + place) for place, event in enumerate(carried)]

    assert changed == firsts.tolist()
    assert made.projection.repeats == np.count_nonzero(~firsts) > 8
    assert made.held() == folded(made, np.flatnonzero(firsts).tolist())


def test_an_event_that_was_overtaken_is_taken_for_a_repeat() -> None:
    """Why events of one entity must wait for each other: the count lacks it."""
    made = Model()
    first, second = np.flatnonzero(made.traffic.subject_index == 0)[:2].tolist()

    assert made.sees(second)
    assert not made.sees(first)

    assert made.held()[0] != folded(made, [first, second])[0]


def test_an_entity_that_ended_begins_anew_and_knows_what_it_had() -> None:
    """The marker keeps the last sequence, so that a repeat of before does not bring it back."""
    made = Model()
    removes = np.array([act.empty for act in made.traffic.acts])[made.traffic.act_index]
    end = int(np.flatnonzero(removes)[0])
    key = made.traffic.subject_index[end]
    own = np.flatnonzero(made.traffic.subject_index == key)
    before = own[own < end].tolist()
    for event in [*before, end]:
        made.sees(event)

    value = made.values[PREFIX + made.traffic.subjects[key]]
    assert value.gone
    assert read_held(value) == Held(event=end, seq=100 + end, count=0)
    assert not any(made.sees(event) for event in before)


def test_what_is_no_value_of_ours_says_nothing() -> None:
    """Then every event is new."""
    assert read_held(Value(seq=9, data=b"somebody else's")) == Held()
    assert read_held(Value(gone=True)) == Held()


def test_only_events_of_the_trial_are_known() -> None:
    """A delivery without an id, or with another's, is none."""
    projection = Projection(traffic(), PREFIX)

    assert [projection.knows(each) for each in (-1, 0, 39, 40)] == [False, True, True, False]
