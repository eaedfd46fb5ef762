"""What limits a consumer, provoked on a real server.

Two limits are provoked beside what else is looked at there: of storage in test_limits.py, by a
server that hardly runs, for no disk is slow wherever tests run; of the generator in test_paths.py.
"""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from nats.aio.client import Client

from bench.analysis.figures import Diagnosis, Limit
from bench.analysis.summary import summarise_trial
from bench.broker.endpoint import Endpoint
from bench.broker.server import find_server_binary
from bench.core.text import percent
from bench.core.units import NS_PER_MS
from bench.runner.target import RemoteTarget, Target
from bench.spec.kinds.projection import Projected
from bench.spec.kinds.stream import Stream
from bench.spec.variant import Settings
from bench.spec.workload import Workload
from tests.clients.server import RealServer
from tests.server.diagnosing import limit_in
from tests.server.running import HOST_MADE, Tree, plan_of, run_trial
from tests.server.slowpath import CONSUMER, DelayedTarget
from tests.server.test_behind import act_on_the_stream
from tests.server.test_faults import once_in_the_window
from tests.server.test_limits import distant

pytestmark = pytest.mark.nats

MANY = {"workers": 200, "handler": {"time": "2ms"}}


def load(rate: str, consume: Tree, *, measure: str = "1s", **publish: Any) -> Stream:
    return Stream.model_validate(
        {
            "kind": "stream",
            "payload": {"sizes": "128B"},
            "publish": {"rate": rate, **publish},
            "consume": consume,
            "phases": {"warmup": "200ms", "measure": measure, "drain": "300ms"},
        }
    )


def handled(
    directory: Path, workload: Stream, settings: Tree, target: Target | None = None
) -> tuple[Diagnosis, float, bool]:
    """Return what limits its consumer, how many it handled a second, and if cores were there."""
    kept = run_trial(directory, workload, settings, target=target)
    cell = plan_of(workload, Settings.model_validate(settings)).cell("cell")
    figures = summarise_trial(kept.record, kept.intervals, kept.samples, cell)
    (found,) = figures.diagnoses
    codes = {finding.code for finding in kept.record.findings}
    return found, figures.rates["handled"], not codes & {"late-sends", *HOST_MADE}


def limit(directory: Path, workload: Stream, settings: Tree) -> Diagnosis:
    return handled(directory, workload, settings)[0]


def test_an_ack_budget_is_named_and_a_larger_one_lifts_it(tmp_path: Path) -> None:
    """50 messages of 20 ms come to 2 500/s with 200 workers; 1000 would do 10 000.

    On a host that is busy with other things each message is held until a core is there as well.
    """
    workload = load("3000/s", {"workers": 200, "handler": {"time": "20ms"}})
    asks = {"batch": 50, "requests": 4}
    narrow = {"consumer": {"max_ack_pending": 50}, "pull": asks}
    wide = {"consumer": {"max_ack_pending": 1000}, "pull": asks}

    found, rate, quiet = handled(tmp_path / "narrow", workload, narrow)
    lifted = limit(tmp_path / "wide", workload, wide)

    assert found.limit is Limit.ACKS, found
    assert found.knob == "consumer.max_ack_pending"
    assert rate <= 2500 * 1.02, "the textbook's ceiling is one"
    assert rate == pytest.approx(2500, rel=0.05 if quiet else 0.15)
    assert lifted.limit in {Limit.NONE, Limit.UNTOLD, Limit.GENERATOR}, lifted


def test_handlers_are_named_where_they_are_the_limit(tmp_path: Path) -> None:
    """10 workers of 5 ms come to 2 000/s."""
    workload = load("2600/s", {"workers": 10, "handler": {"time": "5ms"}})
    found, rate, _ = handled(tmp_path, workload, {"pull": {"batch": 50, "requests": 4}})

    assert found.limit is Limit.HANDLER, found
    assert "2\u202f000 msg/s" in found.words
    assert rate <= 2000 * 1.02


def test_handlers_that_outlast_ack_wait_are_a_storm_that_names_it(tmp_path: Path) -> None:
    """ack_wait 1 s and 1.5 s for a tenth of the messages, a fifth of that each."""
    slow = {"kind": "slow", "share": "10%", "time": "300ms"}
    workload = load("300/s", {**MANY, "faults": [slow]})

    found = limit(tmp_path, workload, {"consumer": {"ack_wait": "200ms"}})

    assert found.limit is Limit.STORM, found
    assert "consumer.ack_wait" in found.knob
    assert f"{percent(1.0)} of them as nothing was answered within ack_wait" in found.words


def test_a_pull_for_each_message_is_named(tmp_path: Path) -> None:
    """A round trip of 10 ms for each comes to 100/s at most, however fast the host."""
    target = DelayedTarget(
        binary=find_server_binary(), parent=tmp_path, delay_ns=5 * NS_PER_MS, who=CONSUMER
    )
    one = {"pull": {"batch": 1, "requests": 1}}

    found, _, _ = handled(tmp_path / "far", load("300/s", MANY), one, target)

    assert found.limit is Limit.FETCH, found
    assert "pull.batch" in found.knob


def test_a_rate_limit_is_named_and_a_larger_one_lifts_it(tmp_path: Path) -> None:
    """The server counts subjects and headers, too, and sends one largest message at once."""
    stream = {"max_msg_size": "1KiB"}
    narrow, wide = (
        {"stream": stream, "consumer": {"mode": "push", "rate_limit_bps": limit_bps}}
        for limit_bps in (2_000_000, 200_000_000)
    )

    found = limit(tmp_path / "narrow", load("3000/s", MANY), narrow)
    lifted = limit(tmp_path / "wide", load("3000/s", MANY), wide)

    assert found.limit is Limit.RATE, found
    assert found.knob == "consumer.rate_limit_bps"
    assert lifted.limit is not Limit.RATE, lifted


def test_a_stream_that_is_full_is_named(tmp_path: Path) -> None:
    """100 are taken, and no more."""
    full = {"stream": {"max_msgs": 100, "discard": "new"}}

    found = limit(tmp_path, load("300/s", MANY), full)

    assert found.limit is Limit.REFUSAL, found
    assert "260 messages refused" in found.words


@pytest.mark.parametrize(
    ("publish", "settings", "named"),
    [
        ({"window": 8}, {}, Limit.WINDOW),
        ({}, {"publish": {"mode": "one-by-one"}}, Limit.PRODUCER),
    ],
    ids=["window", "one by one"],
)
def test_publishers_that_wait_are_named(
    tmp_path: Path, publish: Tree, settings: Tree, named: Limit
) -> None:
    """20 ms each way: 8 under way come to 200/s, one by one to 25/s."""
    target = distant(tmp_path / "far", lambda: 20 * NS_PER_MS)

    found, *_ = handled(tmp_path, load("1000/s", MANY, **publish), settings, target)

    assert found.limit is named, found


WRITING = Projected.model_validate(
    {
        "kind": "projection",
        "entities": {"count": 20},
        "payload": {"sizes": "128B"},
        "publish": {"rate": "300/s"},
        "project": {"workers": 1},
        "phases": {"warmup": "200ms", "measure": "1s", "drain": "300ms"},
    }
)
EFFECTS = {"effect": {"idempotency": "marker-first"}}


@pytest.mark.parametrize(
    ("workload", "settings", "who"),
    [
        (WRITING, {}, b'"name":"jetbench-projector'),
        (load("300/s", {"workers": 1, "handler": {"time": "1ms"}}), EFFECTS, CONSUMER),
    ],
    ids=["a read model", "effects"],
)
def test_handlers_whose_time_is_in_what_they_write_are_named_with_it(
    tmp_path: Path, workload: Workload, settings: Tree, who: bytes
) -> None:
    """A round trip of 10 ms for each read and write: 100/s at most, and no work of their own."""
    target = DelayedTarget(
        binary=find_server_binary(), parent=tmp_path, delay_ns=5 * NS_PER_MS, who=who
    )

    kept = run_trial(tmp_path / "far", workload, settings, target=target)

    found = limit_in(kept, workload, settings, but=HOST_MADE)
    (hands,) = kept.record.handling.values()
    assert found.limit is Limit.HANDLER, found
    assert "of it in reads and writes" in found.words
    assert "what the server takes to answer" in found.knob
    assert 10 * NS_PER_MS < hands.written_ns_mean <= hands.handler_ns_mean


async def pause(client: Client, stream: str, last_seq: int) -> None:
    """Let the consumer deliver nothing for two seconds: in one of them, whole, nothing comes."""
    del last_seq
    until = (datetime.now(UTC) + timedelta(seconds=2.2)).isoformat()
    asked = f"$JS.API.CONSUMER.PAUSE.{stream}.consumer"
    answer = await client.request(asked, json.dumps({"pause_until": until}).encode())
    assert json.loads(answer.data)["paused"]


@pytest.mark.counts
def test_a_consumer_that_delivers_nothing_while_messages_wait_is_a_gap(tmp_path: Path) -> None:
    """It is paused by its owner, who has another connection."""
    (tmp_path / "own").mkdir()
    server = RealServer(tmp_path / "own")
    server.start()
    workload = load("100/s", MANY, measure="3s")
    try:
        kept = run_trial(
            tmp_path,
            workload,
            {},
            target=RemoteTarget(endpoint=Endpoint(url=server.url), parent=tmp_path),
            on_moment=once_in_the_window(lambda: act_on_the_stream(server.url, pause)),
        )
    finally:
        server.kill()

    found = limit_in(kept, workload, {}, but=HOST_MADE)

    assert found.limit is Limit.GAP, found
    assert "nothing came while messages waited" in found.words
