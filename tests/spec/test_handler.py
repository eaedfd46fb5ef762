"""How long handlers take, and what is wrong with what is said of it."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from bench.core.errors import SpecError
from bench.plan.traffic import handler_times_ns
from bench.spec.handler import ConsumeHandler, Handler
from bench.spec.jetstream import workload_objections
from bench.spec.kinds.stream import Stream
from bench.spec.load import load_workload
from bench.spec.variant import Settings

MS = 1_000_000

TASKS: dict[str, Any] = {"client": "nats-py", "handler": {"run": "task"}}


def dealt(time: object, count: int = 20_000) -> np.ndarray[Any, Any]:
    return handler_times_ns(Handler(time=time), count, np.random.default_rng(7))  # type: ignore[arg-type]


def stream(**handler: object) -> Stream:
    return Stream.model_validate(
        {
            "kind": "stream",
            "payload": {"sizes": "128B"},
            "publish": {"rate": "10/s"},
            "consume": {"handler": handler},
        }
    )


@pytest.mark.parametrize(
    "time",
    [
        "5ms",
        {"p50": "5ms", "p99": "40ms"},
        {"from": "8ms", "to": "12ms"},
        {"times": ["1ms", "2ms", "2ms", "40ms"]},
    ],
)
def test_what_is_dealt_has_the_mean_and_the_p99_that_are_told(time: object) -> None:
    """Cautions are made from them, before anything is dealt."""
    known, times_ns = Handler(time=time).time, dealt(time)  # type: ignore[arg-type]

    assert times_ns.mean() == pytest.approx(known.mean_ns, rel=0.05)
    assert np.percentile(times_ns, 99) == pytest.approx(known.p99_ns, rel=0.1)


def test_even_times_reach_both_ends() -> None:
    """Uniform from 8 to 12 ms: a quarter of them in each quarter."""
    times_ns = dealt({"from": "8ms", "to": "12ms"})

    assert (times_ns.min(), times_ns.max()) == pytest.approx((8 * MS, 12 * MS), rel=0.001)
    assert np.mean(times_ns < 9 * MS) == pytest.approx(0.25, abs=0.01)


def test_listed_times_come_as_often_as_they_are_listed() -> None:
    """And none between them: a handler that waits for a disk or does not has no third time."""
    times_ns = dealt({"times": ["1ms", "1ms", "1ms", "40ms"]})

    assert set(times_ns.tolist()) == {MS, 40 * MS}
    assert np.mean(times_ns == MS) == pytest.approx(0.75, abs=0.01)


@pytest.mark.parametrize(
    "time",
    ["5ms", {"p50": "4ms", "p99": "8ms"}, {"from": "4ms", "to": "8ms"}, {"times": ["4ms", "8ms"]}],
)
def test_a_slower_one_takes_longer_by_the_share(time: object) -> None:
    """As gates plant it to see whether they find it."""
    handler = Handler(time=time)  # type: ignore[arg-type]

    assert handler.slower(0.5).time.mean_ns == pytest.approx(1.5 * handler.time.mean_ns)


@pytest.mark.parametrize(
    "time",
    [{"from": "8ms", "to": "8ms"}, {"times": []}, {"times": ["2ms", "1ms"]}, {"from": "1ms"}],
)
def test_times_that_are_none_are_refused(time: object) -> None:
    """Each would be dealt as something else than was meant."""
    with pytest.raises(ValidationError):
        Handler(time=time)  # type: ignore[arg-type]


def written(directory: Path, times: str) -> Path:
    (directory / "times.txt").write_text(times)
    path = directory / "mine.yaml"
    path.write_text(
        "kind: stream\npayload: {sizes: 128B}\npublish: {rate: 10/s}\n"
        "consume:\n  handler:\n    time: {file: times.txt}\n"
    )
    return path


def test_times_are_read_from_a_file_beside_the_workload(tmp_path: Path) -> None:
    """The record holds them, so that it needs the file no more."""
    load = load_workload(written(tmp_path, "2ms\n\n# warm\n1ms  # first\n40ms\n"))
    again = type(load).model_validate_json(load.model_dump_json())

    assert load.busy.time.told() == "as in times.txt: p50 2.00 ms, p99 40.0 ms"
    assert load.busy.time.mean_ns == pytest.approx(43 * MS / 3)
    assert again == load


def test_of_a_long_file_quantiles_are_kept(tmp_path: Path) -> None:
    """A million times in every record would be read with each report."""
    load = load_workload(written(tmp_path, "".join(f"{ms}ms\n" for ms in range(1, 10_001))))

    times_ns = load.busy.time.times_ns  # type: ignore[union-attr]
    assert len(times_ns) == 2000
    assert (times_ns[0], times_ns[-1]) == (MS, 10_000 * MS)
    assert load.busy.time.mean_ns == pytest.approx(5000 * MS, rel=0.01)


@pytest.mark.parametrize(
    ("times", "said"),
    [
        (
            "1ms\n2 parsecs\n5\n",
            ["times.txt:2: time = 2 parsecs", "times.txt:3: time = 5", "2 problems"],
        ),
        ("# none\n", ["mine.yaml:6: consume.handler.time.file", "holds no time"]),
        ("\n".join(["x"] * 9), ["times.txt:5: time = x", "5 problems"]),
    ],
)
def test_what_is_no_time_is_told_with_its_line(tmp_path: Path, times: str, said: list[str]) -> None:
    """As in every other file of the user's; of many lines the first five."""
    with pytest.raises(SpecError) as raised:
        load_workload(written(tmp_path, times))

    assert all(part in str(raised.value) for part in said), str(raised.value)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    """Nothing else is wrong with the workload then."""
    path = written(tmp_path, "")
    (tmp_path / "times.txt").unlink()

    with pytest.raises(SpecError, match="cannot be read: No such file") as raised:
        load_workload(path)

    assert len(raised.value.problems) == 1


@pytest.mark.parametrize(
    ("settings", "handler", "key"),
    [
        ({"client": "nats-py", "handler": {"run": "task"}}, {"cycle": "1ms"}, "handler.run"),
        (
            {"client": "nats-py", "handler": {"run": "task"}},
            {"starts": {"rate": "9/s"}},
            "handler.run",
        ),
        ({"consumer": {"mode": "push"}}, {"cycle": "1ms"}, "consumer.mode"),
        ({"effect": {"idempotency": "marker-last"}}, {"cycle": "1ms"}, "effect"),
        ({"effect": {"written": True}}, {"starts": {"rate": "9/s"}}, "effect"),
    ],
)
def test_what_virtual_workers_alone_keep_is_refused_elsewhere(
    settings: dict[str, Any], handler: dict[str, Any], key: str
) -> None:
    """Ignored in silence it would make a cell look better than it is."""
    found = workload_objections(Settings.model_validate(settings), stream(**handler))

    assert [each.key for each in found] == [key]
    assert workload_objections(Settings.model_validate(settings), stream(time="1ms")) == ()


def test_what_is_done_is_told() -> None:
    """In the report, behind the workers."""
    handler = ConsumeHandler.model_validate(
        {"time": "5ms", "cycle": "1ms", "starts": {"rate": "200/s", "burst": 50}}
    )

    assert handler.told() == "handler 5ms, 1ms a request, begun 200/s at most (bursts of 50)"


def test_a_leaky_bucket_begins_evenly_and_has_no_bursts() -> None:
    """And one of tokens is known as before there were leaky ones."""
    leaky, tokens = ({"starts": {"rate": "200/s", **more}} for more in ({"bucket": "leaky"}, {}))
    handler = ConsumeHandler.model_validate({"time": "5ms", **leaky})

    assert handler.told() == "handler 5ms, begun 200/s at most (evenly)"
    assert handler.starts is not None
    assert handler.starts.burst == 1
    with pytest.raises(ValidationError, match="one at a time"):
        ConsumeHandler.model_validate({"starts": {**leaky["starts"], "burst": 2}})
    said = [
        load.model_dump_json(exclude=load.unsaid) for load in (stream(**tokens), stream(**leaky))
    ]
    assert ["bucket" in each for each in said] == [False, True]


def calling(directory: Path, name: str) -> Path:
    (directory / "spec_of_mine.py").write_text("def handle(message): ...\n")
    path = directory / "mine.yaml"
    path.write_text(
        "kind: stream\npayload: {sizes: 128B}\npublish: {rate: 10/s}\n"
        f"consume:\n  handler:\n    call: {name}\n"
    )
    return path


def test_a_handler_of_the_user_s_is_known_by_its_content(tmp_path: Path) -> None:
    """Two versions of it are two cells; a record needs neither the file nor its place."""
    load = load_workload(calling(tmp_path, "spec_of_mine:handle"))
    (tmp_path / "spec_of_mine.py").write_text("def handle(message): return 1\n")
    other = load_workload(tmp_path / "mine.yaml")

    assert load.busy.told() == "no handler time, calls spec_of_mine:handle"
    assert load.busy.call.digest != other.busy.call.digest  # type: ignore[attr-defined]
    assert type(load).model_validate_json(load.model_dump_json()) == load


def test_a_handler_that_is_none_is_told_with_its_line(tmp_path: Path) -> None:
    """And what there is in its module."""
    with pytest.raises(SpecError) as raised:
        load_workload(calling(tmp_path, "spec_of_mine:handel"))

    assert "mine.yaml:6: consume.handler.call = 'spec_of_mine:handel'" in str(raised.value)
    assert "spec_of_mine has no handel; allowed: handle" in str(raised.value)


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ({}, "handler.run"),
        ({**TASKS, "ack": {"timing": "after-validation"}}, "ack.timing"),
        ({**TASKS, "effect": {"written": True}}, "effect"),
    ],
)
def test_a_handler_of_the_user_s_is_called_where_a_service_would(
    tmp_path: Path, settings: dict[str, Any], key: str
) -> None:
    """Elsewhere it would not be called, or nobody would hear what it raises."""
    load = load_workload(calling(tmp_path, "spec_of_mine:handle"))
    assert isinstance(load, Stream)

    found = workload_objections(Settings.model_validate(settings), load)

    assert [each.key for each in found] == [key]
    assert workload_objections(Settings.model_validate(TASKS), load) == ()
