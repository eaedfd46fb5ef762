"""Every way of consuming and acknowledging, on the real server: nothing lost, all accounted."""

from pathlib import Path

import pytest

from bench.record.store import RunStore
from bench.spec.variant import Settings
from tests.parts import Time
from tests.server.running import Tree, complaints, percentile, plan_of, run_trial, sound, workload

pytestmark = pytest.mark.nats

POLICY_OF = {
    "after-handler": "explicit",
    "after-validation": "explicit",
    "per-batch": "explicit",
    "cumulative": "all",
    "none": "none",
}


@pytest.mark.parametrize("timing", POLICY_OF)
@pytest.mark.parametrize("mode", ["pull", "push"])
@pytest.mark.parametrize("client", ["wire", "nats-py"])
def test_every_message_is_stored_received_and_acknowledged(
    tmp_path: Path, client: str, mode: str, timing: str
) -> None:
    """The ledger of a healthy trial balances to the message, whatever the settings."""
    settings = {
        "client": client,
        "consumer": {"mode": mode, "ack_policy": POLICY_OF[timing]},
        "pull": {"batch": 20},
        "ack": {"timing": timing},
    }

    record = run_trial(tmp_path, workload(measure="1s"), settings).record

    ledger = record.ledger
    assert ledger is not None
    assert sound(record), complaints(record)
    assert ledger["published"] == ledger["planned"] == 300
    assert (ledger["stored"], ledger["received"], ledger["handled"]) == (300, 300, 300)
    assert ledger.get("acked") == (None if timing == "none" else 300)
    assert ledger["stream_msgs"] == 300
    assert (ledger["lost"], ledger["duplicates"], ledger["backlog"], ledger["foreign"]) == (
        0,
        0,
        0,
        0,
    )


@pytest.mark.parametrize("workers", [1, 4])
@pytest.mark.parametrize(
    ("mode", "timing"),
    [
        *(("pull", timing) for timing in POLICY_OF),
        *(("push", timing) for timing in ("after-handler", "after-validation", "none")),
    ],
)
def test_handlers_as_tasks_lose_nothing_either(
    tmp_path: Path, mode: str, timing: str, workers: int
) -> None:
    """A coroutine for each message, in nats-py's callback or behind its fetch: all accounted."""
    settings = {
        "client": "nats-py",
        "handler": {"run": "task"},
        "consumer": {"mode": mode, "ack_policy": POLICY_OF[timing]},
        "pull": {"batch": 20},
        "ack": {"timing": timing},
    }
    load = workload(measure="1s", consume={"workers": workers, "handler": {"time": "1ms"}})

    record = run_trial(tmp_path, load, settings).record

    ledger = record.ledger
    assert ledger is not None
    assert sound(record), complaints(record)
    assert (ledger["stored"], ledger["received"], ledger["handled"]) == (300, 300, 300)
    assert ledger.get("acked") == (None if timing == "none" else 300)
    assert (ledger["lost"], ledger["duplicates"], ledger["redelivered"], ledger["backlog"]) == (
        0,
        0,
        0,
        0,
    )


@pytest.mark.parametrize(
    "settings",
    [
        {"pull": {"max_bytes": "4KiB", "idle_heartbeat": "500ms", "requests": 2}},
        {"pull": {"no_wait": True}},
        {"ack": {"double": True}},
        {"ack": {"double": True, "timing": "cumulative"}, "consumer": {"ack_policy": "all"}},
        {"ack": {"double": True}, "consumer": {"mode": "push"}},
        {"ack": {"double": True}, "client": "nats-py"},
        {"pull": {"idle_heartbeat": "500ms"}, "client": "nats-py"},
        {"ack": {"double": True}, "client": "nats-py", "handler": {"run": "task"}},
        {
            "stream": {
                "max_msg_size": "128B",
                "consumer_limits": {"max_ack_pending": 100, "inactive_threshold": "1h"},
            },
            "consumer": {
                "max_batch": 100,
                "max_expires": "5s",
                "max_bytes": "4KiB",
                "deliver_policy": "last_per_subject",
            },
            "pull": {"max_bytes": "4KiB"},
            "server": {"max_file": "1GiB", "max_buffered_msgs": 1000, "gomaxprocs": 2},
        },
    ],
    ids=str,
)
def test_every_other_way_to_ask_and_to_ack_balances_too(tmp_path: Path, settings: Tree) -> None:
    """A confirmed ack counts once, and a request with limits loses nothing."""
    record = run_trial(tmp_path, workload(measure="1s"), settings).record

    ledger = record.ledger
    assert ledger is not None
    assert sound(record), complaints(record)
    assert (ledger["stored"], ledger["received"], ledger["acked"]) == (300, 300, 300)
    assert (ledger["lost"], ledger["duplicates"], ledger["redelivered"]) == (0, 0, 0)


@pytest.mark.parametrize(
    ("policy", "asked"), [("overflow", {"min_pending": 5}), ("prioritized", {"priority": 3})]
)
def test_whoever_is_served_first_nothing_is_left(tmp_path: Path, policy: str, asked: Tree) -> None:
    """The first process asks plainly, so that it takes what no other one is served."""
    settings = {
        "consumer": {"priority_policy": policy, "priority_groups": ["jobs"]},
        "pull": {"group": "jobs", "batch": 10, **asked},
    }
    load = workload(measure="1s", consume={"consumers": 2})

    record = run_trial(tmp_path, load, settings).record

    ledger = record.ledger
    assert ledger is not None
    assert sound(record), complaints(record)
    assert (ledger["stored"], ledger["received"], ledger["acked"]) == (300, 300, 300)
    assert (ledger["lost"], ledger["duplicates"], ledger["backlog"]) == (0, 0, 0)


def test_a_confirmed_ack_takes_the_way_there_and_back(tmp_path: Path) -> None:
    """Else `double` would measure nothing: acked must come after handled by a round trip."""
    medians = {}
    for double in (False, True):
        kept = run_trial(tmp_path / str(double), workload(), {"ack": {"double": double}})
        handled_ns, acked_ns = (
            percentile(kept, time, 50) for time in (Time.COMPLETION, Time.END_TO_END)
        )
        medians[double] = acked_ns - handled_ns

    assert medians[True] > 2 * medians[False]


def test_the_instants_of_a_message_come_in_their_order(tmp_path: Path) -> None:
    """Slip, response, delivery and end-to-end of the same trial must fit together."""
    kept = run_trial(tmp_path, workload(), {})

    medians = {
        time: [one.histogram.mean_ns or 0 for one in kept.intervals if one.time == time]
        for time in Time
    }
    for slice_index in range(len(medians[Time.SLIP])):
        slip, delivery = medians[Time.SLIP][slice_index], medians[Time.DELIVERY][slice_index]
        end_to_end = medians[Time.END_TO_END][slice_index]
        assert 0 <= slip < delivery <= end_to_end


def test_several_publishers_and_consumers_share_the_work(tmp_path: Path) -> None:
    """Two of each: the same ledger, and every process is accounted for."""
    load = workload(consume={"consumers": 2}, publish={"publishers": 2, "arrivals": "poisson"})

    for mode in ("pull", "push"):
        record = run_trial(tmp_path / mode, load, {"consumer": {"mode": mode}}).record

        assert sound(record), complaints(record)
        assert record.ledger is not None
        assert record.ledger["acked"] == 500
        roles = {usage.role for usage in record.processes}
        assert roles == {
            "publisher-0", "publisher-1", "consumer-0", "consumer-1", "sampler", "server",
        }  # fmt: skip


def test_what_is_kept_on_disk_is_what_was_measured(tmp_path: Path) -> None:
    """A report is built from the files alone, so they must hold all of it."""
    kept = run_trial(tmp_path, workload(), {})

    store = RunStore(tmp_path / "results" / "run")
    (trial,) = plan_of(workload(), Settings()).trials
    read = store.read_whole(trial)
    assert read.record == kept.record
    assert [(one.time, one.start_ns, one.histogram.total_count) for one in read.intervals] == [
        (one.time, one.start_ns, one.histogram.total_count) for one in kept.intervals
    ]
    assert read.samples.equals(kept.samples)


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    """No store, no work file, no server: a benchmark that litters fills the disk overnight."""
    run_trial(tmp_path, workload(measure="1s"), {})

    assert [path.name for path in tmp_path.iterdir()] == ["results"]
