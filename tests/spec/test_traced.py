"""Workloads with a trace: what the file fills in, and every problem at its place."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bench.core.errors import SpecError
from bench.judgement.summary import _workload_said
from bench.spec.kinds.stream import Stream
from bench.spec.load import load_workload
from bench.spec.traced import MAX_SIZES, class_index, size_classes
from bench.spec.traces import Trace, write_trace
from bench.spec.variant import PublishSettings

TRACE = Trace(
    gap_ns=np.array([0, 10_000_000, 20_000_000, 0, 10_000_000]),
    size_bytes=np.array([100, 4, 100, 2000, 100]),
    subject_index=np.array([0, 1, 0, 1, 0]),
    subjects=("orders.new", "$x.paid"),
)


def loaded(directory: Path, text: str, trace: Trace = TRACE) -> Stream:
    """A workload with this text, beside a trace."""
    (directory / "workloads").mkdir(exist_ok=True)
    path = directory / "workloads" / "load.yaml"
    write_trace(path.with_name("t.npz"), trace)
    path.write_text(f"kind: stream\n{text}", encoding="utf-8")
    workload = load_workload(path)
    assert isinstance(workload, Stream)
    return workload


def refused(directory: Path, text: str, trace: Trace = TRACE) -> list[str]:
    """What is said of it."""
    with pytest.raises(SpecError) as caught:
        loaded(directory, text, trace)
    return [str(each).partition("load.yaml:")[2] for each in caught.value.problems]


def test_the_trace_says_what_is_left_out(tmp_path: Path) -> None:
    """Subjects, sizes with room for an id, and the mean rate: 4 gaps in 40 ms, twice as fast."""
    found = loaded(tmp_path, "trace: {file: t.npz, speed: 2}\n")

    assert found.trace is not None
    assert found.addressed == TRACE.subjects
    assert found.payload.sizes == {16: 0.2, 100: 0.6, 2000: 0.2}
    assert found.publish.rate_msgs_per_s == 200
    assert found.trace.digest == TRACE.digest
    assert found.largest_bytes(PublishSettings()) == 2000
    assert "by a trace at 2 times its speed" in found.told()
    assert "dealt from" in found.told()


def test_times_may_come_from_the_workload(tmp_path: Path) -> None:
    """Then what `publish` says stands: any rate, any arrivals."""
    text = "trace: {file: t.npz, times: publish}\npublish: {rate: 5000/s, arrivals: poisson}\n"

    found = loaded(tmp_path, text)

    assert found.publish.rate_msgs_per_s == 5000
    assert "poisson arrivals" in found.told()
    assert set(found.payload.sizes) == {16, 100, 2000}


def test_a_mean_rate_and_shares_are_told_in_few_digits(tmp_path: Path) -> None:
    """They come from a count of messages, and are no round numbers."""
    sevenths = replace(
        TRACE,
        gap_ns=np.array([0, *[13_000_000] * 6]),
        size_bytes=np.array([100] * 6 + [2000]),
        subject_index=np.zeros(7, dtype=np.int64),
    )

    said = loaded(tmp_path, "trace: {file: t.npz}\n", sevenths).told()

    assert said.startswith("76.9/s offered by 1 publisher")
    assert "85.71% 100B and 14.29% 2000B" in said


def test_what_a_plan_holds_is_read_back(tmp_path: Path) -> None:
    """A run is resumed and reported from its plan, without the workload's file."""
    found = loaded(tmp_path, "trace: {file: t.npz}\n")

    assert Stream.model_validate_json(found.model_dump_json()) == found


def test_every_problem_is_told_at_once_and_at_its_line(tmp_path: Path) -> None:
    """What the trace says may not be said again; nothing is complained of that it would fill."""
    said = refused(
        tmp_path,
        "trace:\n  file: t.npz\n  speed: fast\n  digest: abc\n"
        "subjects: {pattern: a}\npayload:\n  sizes: 1KiB\npublish:\n  rate: 5/s\n  windoww: 3\n",
    )

    places = [text.split(": ")[0] + " " + text.split(": ")[1].split(" ")[0] for text in said]
    assert places == [
        "4 trace.speed",
        "5 trace.digest",
        "6 subjects",
        "8 payload.sizes",
        "10 publish.rate",
        "11 publish.windoww",
    ]
    assert "times: publish" in said[0]


@pytest.mark.parametrize(
    ("text", "place", "why"),
    [
        ("trace: {file: none.npz}\n", "2 trace.file", "no such file"),
        ("trace: {file: load.yaml}\n", "2 trace.file", "not a NumPy archive"),
        ("trace: {fil: t.npz}\n", "2 trace.fil", "did you mean 'file'?"),
        ("trace: 3\n", "2 trace", "must be a mapping"),
        ("trace: {file: t.npz, speed: 0}\n", "2 trace.speed", "not a speed"),
        ("trace: {file: t.npz, times: orig}\n", "2 trace.times", "allowed: trace, publish"),
        ("trace: {file: t.npz, times: publish}\n", "", "publish: missing"),
    ],
)
def test_a_trace_that_is_none_is_told(tmp_path: Path, text: str, place: str, why: str) -> None:
    """And nothing besides that would be filled in."""
    said = refused(tmp_path, text)

    assert any(why in each for each in said)
    assert any(each.replace(": ", " ").startswith(place) for each in said)
    assert not any("payload" in each for each in said)


def test_a_moment_has_no_pace(tmp_path: Path) -> None:
    """All stored at once: only a rate of the workload's own can play it."""
    at_once = replace(TRACE, gap_ns=np.zeros(5, dtype=np.int64))
    text = "trace: {file: t.npz, times: publish}\npublish: {rate: 10/s}\n"

    assert any(
        "one moment" in each for each in refused(tmp_path, "trace: {file: t.npz}\n", at_once)
    )
    assert loaded(tmp_path, text, at_once).publish.rate_msgs_per_s == 10


def test_a_trace_counts_by_its_content(tmp_path: Path) -> None:
    """Another place is the same workload, another content is another one."""
    one = loaded(tmp_path, "trace: {file: t.npz}\n")
    (tmp_path / "elsewhere").mkdir()
    moved = loaded(tmp_path / "elsewhere", "trace: {file: t.npz}\n")
    other = loaded(
        tmp_path, "trace: {file: t.npz}\n", replace(TRACE, subject_index=np.array([1, 1, 0, 1, 0]))
    )

    assert _workload_said(one) == _workload_said(moved)
    assert _workload_said(one) != _workload_said(other)


def test_a_workload_without_one_is_what_it_was() -> None:
    """Reports that were written before there were traces stay comparable."""
    plain = Stream.model_validate(
        {"kind": "stream", "payload": {"sizes": "1KiB"}, "publish": {"rate": "5/s"}}
    )

    assert "trace" not in _workload_said(plain)


def test_few_sizes_stay_as_they_are() -> None:
    """But for the room that an id takes."""
    sizes = np.array([4, 16, 17, 99_999])

    assert size_classes(sizes).tolist() == [16, 16, 17, 99_999]


def test_many_sizes_are_rounded_up_as_little_as_may_be() -> None:
    """None becomes smaller, none grows by more than a part in a hundred here."""
    sizes = np.arange(1000, 9000)

    sent = size_classes(sizes)

    assert np.unique(sent).size <= MAX_SIZES
    assert (sent >= sizes).all()
    assert (sent <= sizes * 1.01).all()


def test_each_message_has_the_class_of_its_size() -> None:
    """In whatever order the sizes stand."""
    sizes = np.array([100, 4, 2000, 100])

    assert class_index(sizes, [2000, 16, 100]).tolist() == [2, 1, 0, 2]
