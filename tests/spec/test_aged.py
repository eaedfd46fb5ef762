"""A stream's past: what may be asked for, what keeps it from being there, what drives it out."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from bench.core.errors import SpecError
from bench.spec import ageing, cautions, jetstream
from bench.spec.aged import Aged
from bench.spec.kinds.registry import KINDS, objections
from bench.spec.load import load_config
from bench.spec.objection import Objection
from bench.spec.servers import server_objections
from bench.spec.variant import Settings
from tests.plan.examples import workload

PAST = {"messages": "1k", "subjects": 10, "deleted": "30%", "consumers": 2}


def past(**parts: Any) -> Aged:
    return Aged.model_validate({"messages": 1000, **parts})


def settings(history: Any = PAST, stream: Any = None, **parts: Any) -> Settings:
    return Settings.model_validate({"stream": {"history": history, **(stream or {})}, **parts})


def keys(found: tuple[Objection, ...]) -> set[str]:
    return {each.key for each in found}


def test_numbers_may_be_written_in_thousands_and_millions() -> None:
    aged = past(messages="5M", subjects="100k", deleted="30%")

    assert (aged.messages, aged.subjects) == (5_000_000, 100_000)
    assert (aged.gone_msgs, aged.kept_msgs) == (1_500_000, 3_500_000)
    assert Aged.model_validate(aged.model_dump()) == aged


@pytest.mark.parametrize(
    "wrong",
    [
        {"messages": "5G"},
        {"messages": 1},
        {"messages": "0.1"},
        {"messages": "-5"},
        {"messages": "51M"},
        {"deleted": 0.3},
        {"deleted": "0%"},
        {"deleted": "100%"},
        {"deleted": "99.9%"},
        {"subjects": 1001},
        {"subjects": 701, "deleted": "30%"},
        {"consumers": -1},
        {"consumers": 1001},
        {"size": "2MiB"},
        {"size": "0B"},
        {"message": 5},
    ],
    ids=str,
)
def test_what_cannot_be_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        past(**wrong)


def test_the_first_and_the_last_stay() -> None:
    assert past(deleted="99.8%").kept_msgs == 2
    assert past(subjects=700, deleted="30%").kept_msgs == 700


def test_it_is_told_with_what_is_deleted() -> None:
    told = past(subjects=10, deleted="30%", consumers=2).told()

    for words in ("1000 messages", "300 of them deleted", "10 subjects", "2 other consumers"):
        assert words in told.replace("\u202f", "")
    assert "none deleted" in past().told()
    assert "consumer" not in past().told()


def test_a_fresh_stream_and_one_with_a_past_are_fine() -> None:
    for fine in (Settings(), settings()):
        assert not jetstream.objections(fine)
        assert not objections(fine, workload())
        assert not cautions.cautions(fine, workload())


@pytest.mark.parametrize(
    ("wrong", "key"),
    [
        ({"stream": {"storage": "memory"}}, ageing.KEY),
        ({"stream": {"retention": "interest"}}, "stream.retention"),
        ({"stream": {"retention": "workqueue"}}, "stream.retention"),
        ({"publish": {"expect": "last-sequence", "mode": "one-by-one"}}, "publish.expect"),
        ({"stream": {"max_age": "1h"}}, "stream.max_age"),
        ({"stream": {"max_msgs": 999}}, "stream.max_msgs"),
        ({"stream": {"max_bytes": "100KiB"}}, "stream.max_bytes"),
        ({"stream": {"max_msgs_per_subject": 69}}, "stream.max_msgs_per_subject"),
        ({"stream": {"max_msg_size": "127B"}}, "stream.max_msg_size"),
        ({"server": {"max_file": "100KiB"}}, "server.max_file"),
        ({"consumer": {"deliver_policy": "new"}}, "consumer.deliver_policy"),
        (
            {"stream": {"subject_transform": {"source": ">", "destination": "new.>"}}},
            "stream.subject_transform",
        ),
        (
            {"stream": {"consumer_limits": {"max_ack_pending": 5000}}},
            "stream.history.consumers",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_keeps_no_past_is_refused(wrong: dict[str, Any], key: str) -> None:
    known = keys(jetstream.objections(settings(None, **wrong)))

    assert keys(jetstream.objections(settings(**wrong))) - known == {key}


def test_limits_that_hold_what_is_laid_are_taken() -> None:
    wide = {"max_msgs": 1000, "max_bytes": "200KiB", "max_msgs_per_subject": 70}

    assert not jetstream.objections(settings(stream=wide))


@pytest.mark.parametrize("discard", ["old", "new"])
def test_limits_that_a_trial_goes_beyond_are_told(discard: str) -> None:
    """700 are left, and a trial offers 3000."""
    tight = settings(stream={"max_msgs": 3699, "discard": discard})
    wide = settings(stream={"max_msgs": 3700, "discard": discard})

    (told,) = ageing.evicted(tight, workload())
    assert told.key == "stream.max_msgs"
    assert ("dropped" in told.what) == (discard == "old")
    assert not [*ageing.evicted(wide, workload())]
    assert keys(tuple(ageing.evicted(settings(stream={"max_bytes": "400KiB"}), workload()))) == {
        "stream.max_bytes"
    }


def test_other_kinds_make_or_lay_their_streams_by_themselves() -> None:
    assert not [*ageing.unfit(settings(), "stream", ["stream"])]
    for kind in KINDS.keys() - {"stream"}:
        assert keys(tuple(ageing.unfit(settings(), kind, ["stream"]))) == {ageing.KEY}
        assert not [*ageing.unfit(Settings(), kind, ["stream"])]


def test_a_server_of_the_users_own_keeps_its_stores() -> None:
    def refused(embedded: bool) -> set[str]:
        found = server_objections(settings(), version="2.15.1", servers=1, embedded=embedded)
        return keys(found)

    assert refused(embedded=False) == {ageing.KEY}
    assert not refused(embedded=True)


def test_a_problem_points_at_the_line_of_the_past(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(
        "question: What?\nbase: {}\nvariants:\n  a:\n    stream.storage: memory\n"
        "    stream.history: {messages: 5k}\n  b:\n    stream.history: {messages: 5k, subject: 3}\n"
    )

    with pytest.raises(SpecError) as caught:
        load_config(path)

    first, second = (str(problem) for problem in caught.value.problems)
    assert "config.yaml:6: variants.a.stream.history.messages = '5k'" in first
    assert "config.yaml:8: variants.b.stream.history.subject = 3" in second
    assert "did you mean 'subjects'?" in second
