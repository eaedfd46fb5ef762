"""What a publisher process makes of its job."""

from dataclasses import replace
from pathlib import Path

from bench.broker.endpoint import Endpoint
from bench.engine.jobs import DriverJob
from bench.engine.sharing import offered, share
from bench.plan.traffic import make_traffic
from bench.spec.kinds.stream import Stream
from bench.spec.variant import PublishSettings
from bench.spec.workload import Subjects

LOAD = Stream.model_validate(
    {
        "kind": "stream",
        "payload": {"sizes": "128B"},
        "publish": {"rate": "10/s", "window": 50, "headers": ["message-id"]},
        "phases": {"warmup": "0s", "measure": "1s"},
    }
)


def job(mode: str) -> DriverJob:
    return DriverJob(
        part="publish",
        does="publish",
        role="publisher-1",
        endpoint=Endpoint(url="nats://127.0.0.1:4222"),
        client="wire",
        load=LOAD.loads["publish"],
        seed=3,
        how=PublishSettings.model_validate({"mode": mode}),
        share=1,
        shares=3,
        subject_prefix="jetbench.x.s.",
        record_path=Path("unused.npy"),
    )


def test_a_share_is_every_so_many_th_message_with_the_headers_asked_for() -> None:
    """Three publishers send ten messages once; ids of two of them must never be the same."""
    mine = share(make_traffic(LOAD.loads["publish"], 3), job("async"))

    assert mine.ids.tolist() == [1, 4, 7]
    assert mine.subjects == ("jetbench.x.s.events",)
    assert [name for name, _ in mine.headers] == ["Nats-Msg-Id"]


def test_one_by_one_is_a_window_of_one() -> None:
    """The workload's window is for the other modes; a caller that waits has one on the way."""
    assert offered(job("one-by-one")).window_msgs == 1
    assert offered(job("async")).window_msgs == 50
    assert offered(job("atomic")).window_msgs == 50


def test_of_many_subjects_those_in_use_are_sent_to() -> None:
    """A frame is prepared for each, and most of a million would never be sent."""
    tree = {"pattern": "a.{x}", "numbers": {"x": 1_000_000}}
    load = replace(LOAD.loads["publish"], subjects=Subjects.model_validate(tree))
    traffic = make_traffic(load, 3)

    messages = share(traffic, replace(job("async"), load=load))

    sent = [messages.subjects[place] for place in messages.subject_index]
    assert len(messages.subjects) == 3
    assert sent == [f"jetbench.x.s.a.{traffic.subject_index[place]}" for place in (1, 4, 7)]
