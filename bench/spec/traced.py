"""A load that is dealt from a trace: what the file says takes the place of what is left out."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BeforeValidator

from bench.core.errors import Problem
from bench.core.units import NS_PER_S, format_rate, format_share, format_size
from bench.spec.base import Loose, Spec
from bench.spec.lookup import shown
from bench.spec.problems import split_allowed
from bench.spec.traces import IntArray, Trace, read_trace
from bench.spec.workload import MAX_PAYLOAD_BYTES, MIN_PAYLOAD_BYTES
from bench.spec.yaml_tree import Document, Loc

MAX_SIZES = 512
"""Each size of a workload is a payload that is held in memory."""

FINEST_BITS, COARSEST_BITS = 12, 2
"""Of a size that is rounded up: 12 bits are 1 part in 4096."""

FILLED = {"payload": "sizes", "publish": "rate"}
"""What a trace says in place of a workload: of each part this key."""


def _speed(value: object) -> float:
    allowed = "a number above 0; as fast as it goes: `times: publish` with a rate beyond that"
    wrong = isinstance(value, bool) or not isinstance(value, int | float)
    if wrong or not 0.001 <= float(str(value)) <= 1_000_000:
        raise ValueError(f"not a speed; allowed: {allowed}")
    return float(str(value))


class Traced(Spec):
    """A trace that messages are dealt from.

    Attributes:
        file: of `jetbench capture`, relative to the workload.
        speed: times as fast as it was.
        times: whether messages are due as they were stored (`trace`), or as `publish` says.
        digest: of the content; filled in, and checked where it is given.
        subjects: filled in.
    """

    file: str
    speed: Annotated[float, BeforeValidator(_speed)] = 1.0
    times: Literal["trace", "publish"] = "trace"
    digest: str = ""
    subjects: Annotated[tuple[str, ...], Loose] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Every subject that is published to."""
        return self.subjects


def with_trace(document: Document, beside: Path) -> tuple[Document, list[Problem]]:
    """Return a workload with what its trace says in place; as it is where it has none.

    Args:
        document: as written.
        beside: directory that the trace's path is relative to.
    """
    part = document.data.get("trace")
    if part is None:
        return document, []
    if not isinstance(part, Mapping) or not isinstance(part.get("file"), str):
        return _unread(document), []
    path = beside / str(part["file"])
    try:
        trace = read_trace(path)
    except ValueError as error:
        what, allowed = split_allowed(str(error))
        return _unread(document), [document.problem(("trace", "file"), what, allowed=allowed)]
    problems = list(_objections(document, part, trace))
    return replace(document, data=_filled(document.data, part, path, trace)), problems


def _unread(document: Document) -> Document:
    """Return a workload whose trace tells nothing: what it leaves out is no fault of its own."""
    filled = {"payload": {"sizes": format_size(MIN_PAYLOAD_BYTES)}, "publish": {"rate": "1/s"}}
    return replace(document, data={**filled, **document.data})


def _objections(document: Document, part: Mapping[str, Any], trace: Trace) -> Iterator[Problem]:
    own: list[Loc] = [("subjects",), ("payload", "sizes"), ("trace", "subjects")]
    timed = part.get("times", "trace") == "trace"
    own += [("publish", key) for key in ("rate", "arrivals", "burst", "ramp")] if timed else []
    for loc in own:
        if loc in document.lines:
            yield document.problem(loc, "comes from the trace", allowed="leave it out")
    if (known := part.get("digest", trace.digest)) != trace.digest:
        what = f"the trace holds something else than {known!r:.20}"
        yield document.problem(("trace", "digest"), what, allowed=trace.digest)
    if timed and trace.span_ns == 0:
        what = "all of its messages were stored at one moment"
        yield document.problem(("trace", "file"), what, allowed="`times: publish`, with a rate")
    if trace.size_bytes.max() > MAX_PAYLOAD_BYTES:
        largest = format_size(int(trace.size_bytes.max()))
        what = f"its largest message has {largest}"
        allowed = f"up to {format_size(MAX_PAYLOAD_BYTES)}"
        yield document.problem(("trace", "file"), what, allowed=allowed)


def _filled(
    data: Mapping[str, Any], part: Mapping[str, Any], path: Path, trace: Trace
) -> dict[str, Any]:
    found = {**data}
    found["trace"] = {
        **part,
        "file": shown(path),
        "digest": trace.digest,
        "subjects": list(trace.subjects),
    }
    found["payload"] = _over(data.get("payload", {}), {"sizes": _shares(trace)})
    if part.get("times", "trace") == "trace" and trace.span_ns:
        rate = {"rate": format_rate(mean_rate_msgs_per_s(trace) * _speed_of(part))}
        found["publish"] = _over(data.get("publish", {}), rate)
    return found


def _over(written: object, filled: dict[str, Any]) -> object:
    return {**written, **filled} if isinstance(written, Mapping) else written


def _speed_of(part: Mapping[str, Any]) -> float:
    try:
        return _speed(part.get("speed", 1))
    except ValueError:  # told where it stands
        return 1.0


def mean_rate_msgs_per_s(trace: Trace) -> float:
    """Return how many messages came a second; the last one's gap is the mean one."""
    gaps = max(1, trace.gap_ns.size - 1)
    return gaps / max(1, trace.span_ns) * NS_PER_S


def _shares(trace: Trace) -> dict[str, str]:
    rounded = Counter(size_classes(trace.size_bytes).tolist())
    count = trace.size_bytes.size
    return {format_size(size): format_share(rounded[size] / count) for size in sorted(rounded)}


def size_classes(size_bytes: IntArray) -> IntArray:
    """Return each size as it is sent: with room for an id, and few different ones, (n,).

    Where there are more than MAX_SIZES, they are rounded up, as finely as that allows.
    """
    sent = np.clip(size_bytes, MIN_PAYLOAD_BYTES, MAX_PAYLOAD_BYTES)
    bits = FINEST_BITS
    found = sent
    while np.unique(found).size > MAX_SIZES and bits > COARSEST_BITS:
        found = _rounded_up(sent, bits)
        bits -= 1
    return found


def _rounded_up(sizes: IntArray, bits: int) -> IntArray:
    """Return sizes of so many leading bits, each not below what it was."""
    width = np.floor(np.log2(sizes)).astype(np.int64) + 1
    step = np.int64(1) << np.maximum(width - bits, 0)
    found: IntArray = (sizes + step - 1) // step * step
    return found.clip(max=MAX_PAYLOAD_BYTES)


def class_index(size_bytes: IntArray, sizes: Sequence[int]) -> IntArray:
    """Return the index into `sizes` of what each message is sent as, (n,)."""
    order = np.argsort(np.array(sizes), kind="stable")
    known = np.array(sizes)[order]
    at = np.searchsorted(known, size_classes(size_bytes)).clip(max=known.size - 1)
    found: IntArray = order[at]
    return found
