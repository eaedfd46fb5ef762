"""Fan-out on a real server: each consumer sees what it filters for, at a pace of its own."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench.analysis.figures import LagVerdict
from bench.analysis.story import stories_of
from bench.analysis.summary import summarise_trial
from bench.engine.jobs import ObserverJob
from bench.plan.model import Cell, VariantName
from bench.record import messages
from bench.scenario import fanout as scenario
from bench.spec.kinds.fanout import Fanout
from bench.spec.variant import Settings
from tests.server.running import assert_fetched, assert_waited, complaints, run_trial, sound

pytestmark = pytest.mark.nats

SUBJECTS = {"pattern": "orders.{event}", "values": {"event": ["created", "paid"]}}


def fanout(consumers: dict[str, Any], measure: str = "1s", **others: Any) -> Fanout:
    return Fanout.model_validate(
        {
            "kind": "fanout",
            "subjects": SUBJECTS,
            "payload": {"sizes": "128B"},
            "publish": {"rate": "200/s"},
            "consumers": consumers,
            "phases": {"warmup": "500ms", "measure": measure, "drain": "10s"},
            **others,
        }
    )


@pytest.mark.parametrize("mode", ["pull", "push"])
@pytest.mark.parametrize("client", ["wire", "nats-py"])
def test_each_consumer_sees_all_that_its_filter_matches(
    tmp_path: Path, client: str, mode: str
) -> None:
    """300 messages on two subjects: all for one, half of them for another, nothing lost."""
    load = fanout({"audit": {}, "billing": {"filter": "orders.paid", "processes": 2}})
    settings = {"client": client, "consumer": {"mode": mode}, "pull": {"batch": 20}}

    record = run_trial(tmp_path, load, settings).record

    ledger = record.ledger
    assert ledger is not None
    assert sound(record), complaints(record)
    assert (ledger["stored"], ledger["stream_msgs"]) == (300, 300)
    assert (ledger["audit.received"], ledger["audit.acked"], ledger["audit.lost"]) == (300, 300, 0)
    assert (ledger["expected"], ledger["billing.received"]) == (150, 150)
    assert (ledger["billing.acked"], ledger["billing.lost"], ledger["billing.backlog"]) == (
        150,
        0,
        0,
    )
    assert (ledger["billing.foreign"], ledger["audit.duplicates"]) == (0, 0)


def test_a_slow_one_falls_behind_by_the_difference_and_the_others_do_not(tmp_path: Path) -> None:
    """One worker at 10 ms does 100/s of 200/s: 100/s more wait, and for that consumer alone."""
    load = fanout({"quick": {}, "slow": {"handler": {"time": "10ms"}}}, measure="4s")
    tree = {"consumer": {"max_ack_pending": 10_000}}

    kept = run_trial(tmp_path, load, tree)
    cell = Cell(
        id="cell",
        workload_name="test",
        workload=load,
        variants=(VariantName(config="c", variant="v"),),
        settings=Settings.model_validate(tree),
    )
    trial = summarise_trial(kept.record, kept.intervals, kept.samples, cell)

    assert trial.lags["quick"].verdict is not LagVerdict.GROWING
    assert trial.lags["slow"].verdict is LagVerdict.GROWING
    assert trial.lag == trial.lags["slow"]
    assert trial.lags["slow"].slope_msgs_per_s == pytest.approx(100, rel=0.1)
    assert (kept.record.ledger or {})["slow.lost"] == 0


def test_many_consumers_share_two_processes_and_see_all_that_is_theirs(tmp_path: Path) -> None:
    """Twenty in two processes; half of them filter; each has a record of its own."""
    half = {"count": 10, "filter": "orders.paid"}
    soon = {"count": 10, "handler": {"time": "1ms"}}
    load = fanout({"audit_{n}": soon, "billing_{n}": half})

    kept = run_trial(tmp_path, load, {"pull": {"batch": 20}})

    record, ledger = kept.record, kept.record.ledger
    assert_fetched(record, batch=20)
    assert_waited(kept, *(f"audit_{n}.wait" for n in range(10)))
    assert ledger is not None
    assert sound(record), complaints(record)
    assert {usage.role for usage in record.processes if "host" in usage.role} == {
        "host_0.consumer-0",
        "host_1.consumer-0",
    }
    assert {ledger[f"audit_{n}.acked"] for n in range(10)} == {300}
    assert {ledger[f"billing_{n}.acked"] for n in range(10)} == {150}
    assert not any(count for name, count in ledger.items() if name.endswith((".lost", ".foreign")))


@pytest.mark.parametrize("client", ["wire", "nats-py"])
def test_pulled_pushed_and_plain_see_the_same_beside_each_other(
    tmp_path: Path, client: str
) -> None:
    """A queue group deals out by chance; of one that pulls, the slow member takes less."""
    group = {"processes": 2, "slow": {"handler": {"time": "60ms"}}}
    load = fanout(
        {
            "pulled": {**group, "mode": "pull"},
            "pushed": {**group, "mode": "push"},
            "plain": {"mode": "core"},
            "some": {"mode": "core", "filter": "orders.paid"},
        }
    )

    record = run_trial(tmp_path, load, {"client": client, "pull": {"batch": 5}}).record

    ledger = record.ledger
    assert ledger is not None
    assert sound(record), complaints(record)
    assert {ledger[f"{name}.received"] for name in ("pulled", "pushed", "plain")} == {300}
    assert (ledger["some.received"], ledger["expected"]) == (150, 150)
    assert not any(count for name, count in ledger.items() if name.endswith((".lost", ".foreign")))
    assert ledger["pulled.by_slow"] < ledger["pushed.by_slow"]
    assert_fetched(record, batch=5)


def test_a_filter_of_a_million_subjects_brings_what_it_matches(tmp_path: Path) -> None:
    """A hundredth of them; a trial touches as many as it has messages."""
    subjects = {"pattern": "orders.{group}.{item}", "numbers": {"group": 100, "item": 10_000}}
    load = fanout(
        {"every": {}, "some": {"filter": "orders.7.*"}},
        subjects=subjects,
        publish={"rate": "2000/s"},
    )

    record = run_trial(tmp_path, load, {"pull": {"batch": 100}}).record

    ledger = record.ledger
    assert ledger is not None
    assert sound(record), complaints(record)
    assert ledger["every.acked"] == 3000
    assert 0 < ledger["some.acked"] == ledger["expected"] < 100
    assert (ledger["some.lost"], ledger["some.foreign"]) == (0, 0)


AGAIN: dict[str, Any] = {"consumer": {"ack_wait": "100ms"}, "pull": {"batch": 1000}}
"""One worker at 1 ms cannot finish a burst of 200 within ack_wait: the server delivers again."""

BURST = {
    "rate": "200/s",
    "arrivals": "burst",
    "burst": {"every": "1s", "during": "5ms"},
    "window": 1000,
}


def redelivered(once: bool = True) -> Fanout:
    slow = {"handler": {"time": "1ms"}}
    return fanout({"ledger": {**slow, "once": once}, "metrics": slow}, publish=BURST)


def test_what_is_delivered_again_has_one_effect_or_is_counted_twice(tmp_path: Path) -> None:
    """By whether its consumer remembers what it handled."""
    record = run_trial(tmp_path, redelivered(), AGAIN).record

    found = record.ledger
    assert found is not None
    assert sound(record), complaints(record)
    assert found["ledger.redelivered"] > 0
    assert (found["repeats"], found["ledger.handled_twice"]) == (found["ledger.duplicates"], 0)
    assert found["metrics.handled_twice"] == found["metrics.duplicates"] > 0
    assert (found["ledger.left_out"], found["metrics.left_out"]) == (0, 0)


def test_a_consumer_that_forgets_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted fault: it is to handle each once, and its processes remember nothing."""
    plain = scenario._jobs

    def forgetful(*given: Any) -> Iterator[ObserverJob]:
        return (replace(job, idempotency="none") for job in plain(*given))

    monkeypatch.setattr(scenario, "_jobs", forgetful)

    found = run_trial(tmp_path, redelivered(), AGAIN).record.ledger

    assert found is not None
    assert found["ledger.handled_twice"] == found["ledger.duplicates"] > 0
    assert found["metrics.handled_twice"] > 0


SKIPS = """
import sys
if "bench.engine.worker" in sys.orig_argv:
    from bench.engine import consumer
    plain = consumer.Consumer._handled
    def skipping(self, positions):
        recorder, self._recorder = self._recorder, Sieve(self._recorder)
        plain(self, positions)
        self._recorder = recorder
    class Sieve:
        def __init__(self, recorder): self._recorder = recorder
        def handled_at(self, positions, at_ns):
            self._recorder.handled_at(positions[positions % 50 != 7], at_ns)
        def __getattr__(self, name): return getattr(self._recorder, name)
    consumer.Consumer._handled = skipping
"""


def test_a_handler_that_skips_an_event_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The planted fault: it acknowledges every fiftieth message, and does nothing with it."""
    (tmp_path / "sitecustomize.py").write_text(SKIPS)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    load = fanout(
        {"audit": {}, "billing": {"filter": "orders.paid"}},
        phases={"warmup": "500ms", "measure": "1s", "drain": "500ms"},
    )

    record = run_trial(tmp_path / "run", load, {"pull": {"batch": 20}}).record

    found = record.ledger
    assert found is not None
    assert (found["audit.received"], found["audit.acked"], found["audit.lost"]) == (300, 300, 0)
    assert (found["audit.left_out"], found["billing.left_out"]) == (6, 3)
    assert "check-broken" in {finding.code for finding in record.findings}


def test_streams_beside_each_other_have_flows_of_their_own(tmp_path: Path) -> None:
    """Each consumer sees what its own stream has for it, and each stream holds its own messages."""
    clicks = {
        "subjects": {"pattern": "clicks.{page}", "values": {"page": ["home", "pay"]}},
        "payload": {"sizes": "64B"},
        "publish": {"rate": "400/s"},
        "consumers": {"funnel": {"filter": "clicks.pay"}, "screen": {"mode": "core"}, "lake": {}},
    }
    load = fanout({"audit": {}, "billing": {"filter": "orders.paid"}}, streams={"clicks": clicks})

    record = run_trial(tmp_path, load, {"pull": {"batch": 20}}).record

    found = record.ledger
    assert found is not None
    assert sound(record), complaints(record)
    assert (found["publish.stored"], found["publish.stream_msgs"]) == (300, 300)
    assert (found["clicks.stored"], found["clicks.stream_msgs"]) == (600, 600)
    names = ("audit", "billing", "funnel", "screen", "lake")
    assert [found[f"{name}.handled"] for name in names] == [300, 150, 300, 600, 600]
    assert not any(
        count
        for name, count in found.items()
        if name.endswith((".lost", ".foreign", ".left_out", ".backlog"))
    )


@pytest.mark.counts
def test_what_a_limit_takes_from_one_that_is_slow_is_told_of_that_one(tmp_path: Path) -> None:
    """The stream keeps twenty messages; a host may hold up the other one as well."""
    slow = {"filter": "orders.paid", "handler": {"time": "100ms"}}
    load = fanout({"audit": {}, "billing": slow})
    settings = {
        "stream": {"max_msgs": 20},
        "pull": {"batch": 1},
        "consumer": {"max_ack_pending": 4},
    }

    record = run_trial(tmp_path, load, settings).record

    ledger = record.ledger
    assert ledger is not None
    assert record.completed, complaints(record)
    for name, due in (("audit", 300), ("billing", 150)):
        own = {
            each: ledger[f"{name}.{each}"] for each in ("evicted", "received", "lost", "backlog")
        }
        assert own["evicted"] + own["received"] == due, own
        assert (own["lost"], own["backlog"]) == (0, 0)
    assert ledger["billing.evicted"] > 50
    (path,) = (tmp_path / "results" / "run").glob("trials/*/messages.npz")
    told = messages.read(path)
    assert told.evicted.shape[1] == ledger["billing.evicted"] + ledger["audit.evicted"]
    assert "billing" in stories_of(told, int(told.evicted[1, -1]))[0].evicted
