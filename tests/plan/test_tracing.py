"""Messages that are dealt from a trace: its order, gaps, sizes and subjects, again and again."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.core.errors import MeasurementError
from bench.core.units import NS_PER_MS
from bench.plan.traffic import Traffic, make_traffic
from bench.spec.load import load_workload
from bench.spec.traces import Trace, write_trace

GAPS_MS = (0, 300, 0, 100, 400)
SIZES = (100, 4, 2000, 100, 300)
SUBJECTS = (0, 1, 1, 0, 1)
TRACE = Trace(
    gap_ns=np.array(GAPS_MS) * NS_PER_MS,
    size_bytes=np.array(SIZES),
    subject_index=np.array(SUBJECTS),
    subjects=("a.b", "c"),
)
ONCE_MS = np.cumsum(GAPS_MS)
PERIOD_MS = 1000
"""800 ms, and a mean gap of 200 ms before it begins again."""


def loads(directory: Path, part: str = "", **more: Any) -> Any:
    """The load of a workload of 1 s and 2 s whose trace lasts 0.8 s."""
    write_trace(directory / "t.npz", TRACE)
    rest = "".join(f"{key}: {value}\n" for key, value in more.items())
    (directory / "load.yaml").write_text(
        f"kind: stream\ntrace: {{file: t.npz{part}}}\n{rest}"
        "phases: {warmup: 1s, measure: 2s, drain: 1s}\n"
    )
    return load_workload(directory / "load.yaml").loads["publish"]


def sizes_of(traffic: Traffic) -> list[int]:
    return [len(traffic.payloads[index].content) for index in traffic.payload_index]


def test_messages_come_as_they_came(tmp_path: Path) -> None:
    """Three times over, in order, whatever the seed."""
    load = loads(tmp_path)

    for seed in (1, 2):
        traffic = make_traffic(load, seed)
        expected = np.concatenate([ONCE_MS + turn * PERIOD_MS for turn in range(3)])
        assert (traffic.intended_ns / NS_PER_MS).tolist() == expected.tolist()
        assert traffic.subjects == ("a.b", "c")
        assert traffic.subject_index.tolist() == list(SUBJECTS) * 3
        assert sizes_of(traffic) == [100, 16, 2000, 100, 300] * 3


@pytest.mark.parametrize("speed", [0.5, 4])
def test_a_speed_scales_the_gaps_alone(tmp_path: Path, speed: float) -> None:
    """Half as fast: twice the gaps."""
    traffic = make_traffic(loads(tmp_path, f", speed: {speed}"), 1)

    count = traffic.intended_ns.size
    turns = np.arange(count) // 5 * PERIOD_MS + np.resize(ONCE_MS, count)
    assert np.abs(traffic.intended_ns / NS_PER_MS - turns / speed).max() < 1e-3
    assert traffic.intended_ns[-1] < 3_000 * NS_PER_MS
    assert count == pytest.approx(15 * speed, abs=5)
    assert traffic.subject_index.tolist() == np.resize(SUBJECTS, count).tolist()


def test_a_trace_that_is_longer_is_cut(tmp_path: Path) -> None:
    """What would be due after the window is not sent."""
    traffic = make_traffic(loads(tmp_path, ", speed: 0.2"), 1)

    assert (traffic.intended_ns / NS_PER_MS).tolist() == [0, 1500, 1500, 2000]


def test_a_rate_takes_the_place_of_the_gaps(tmp_path: Path) -> None:
    """Subjects and sizes stay in their order."""
    load = loads(tmp_path, ", times: publish", publish="{rate: 10/s}")

    traffic = make_traffic(load, 1)

    assert np.diff(traffic.intended_ns).tolist() == [100 * NS_PER_MS] * 29
    assert sizes_of(traffic) == [100, 16, 2000, 100, 300] * 6


def test_a_trace_that_is_another_by_now_is_not_played(tmp_path: Path) -> None:
    """A run whose trials saw different loads would compare nothing."""
    load = loads(tmp_path)
    write_trace(tmp_path / "t.npz", Trace(**{**_parts(), "subject_index": np.zeros(5, dtype=int)}))

    with pytest.raises(MeasurementError, match="something else"):
        make_traffic(load, 1)
    (tmp_path / "t.npz").unlink()
    with pytest.raises(MeasurementError, match="no such file"):
        make_traffic(load, 1)


def test_samples_are_played_with_an_id(tmp_path: Path) -> None:
    """Of the nearest size above, cut; or the largest, again and again."""
    samples = (b"<" * 50 + b"small>" * 10, b"{" * 300)
    load = loads(tmp_path)
    write_trace(tmp_path / "t.npz", Trace(**{**_parts(), "samples": samples}))
    load = load_workload(tmp_path / "load.yaml").loads["publish"]

    found = {len(each.content): each for each in make_traffic(load, 1).payloads}

    assert sorted(found) == [16, 100, 300, 2000]
    assert found[100].content[16:] == samples[0][16:100]
    assert found[300].content[16:] == samples[1][16:]
    assert found[2000].content[16:] == b"{" * 1984
    assert {each.filled(7)[:16] for each in found.values()} == {b"0000000000000007"}


def _parts() -> dict[str, Any]:
    return {name: getattr(TRACE, name) for name in TRACE.__slots__}
