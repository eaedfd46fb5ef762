"""What an OpenMessaging Benchmark workload is in our words, and what of it is not."""

from pathlib import Path
from typing import Any

from bench.core.units import NS_PER_S, format_rate, format_size
from bench.importing.model import Imported, Losses, Lost, printable
from bench.importing.omb import Read, read
from bench.importing.sizing import MAX_PROCESSES, Timing, fitting, held
from bench.spec.jetstream import SERVER_MAX_PAYLOAD_BYTES
from bench.spec.workload import MAX_SUBJECTS, MIN_PAYLOAD_BYTES

NS_PER_MIN = 60 * NS_PER_S
WINDOW_MSGS = 65_536
"""Its producers wait for no confirmation: the largest window that there is."""


def from_omb(path: Path, driver: Path | None, fast_msgs_per_s: float) -> Imported:
    """Return what a workload and a driver file of it are in our words.

    Args:
        path: of the workload.
        driver: path of the other; its NATS driver as it comes where there is none.
        fast_msgs_per_s: offered where it looks for the highest rate.

    Raises:
        SpecError: with all that is wrong with either file.
    """
    found, losses = read(path, driver), Losses()
    workload = _workload(found, losses, fast_msgs_per_s)
    settings = _settings(found, losses)
    return Imported(
        source=f"OpenMessaging Benchmark, {printable(path.name)}",
        workload=workload,
        settings=settings,
        lost=tuple(sorted(losses.found, key=_place)),
    )


def _place(lost: Lost) -> tuple[str, int]:
    return lost.file, lost.line


def _workload(found: Read, losses: Losses, fast_msgs_per_s: float) -> dict[str, Any]:
    omb = found.workload
    _lose_contents(found, losses)
    _lose_backlog(found, losses)
    timing = _timing(found, losses, fast_msgs_per_s)
    several = omb.subscriptions > 1
    return {
        "kind": "fanout" if several else "stream",
        "description": omb.name or "A workload of the OpenMessaging Benchmark.",
        "subjects": _subjects(found, losses),
        "payload": {"sizes": format_size(_payload_bytes(found, losses))},
        "publish": {
            "rate": timing.rate,
            "publishers": _publishers(found, losses),
            "window": WINDOW_MSGS,
        },
        **(_consumers(found, losses) if several else _consume(found, losses)),
        "phases": timing.phases,
    }


def _subjects(found: Read, losses: Losses) -> dict[str, Any]:
    omb = found.workload
    topics = min(omb.topics, MAX_SUBJECTS)
    if topics < omb.topics:
        why = f"a workload has up to {MAX_SUBJECTS} subjects: {topics} stand for them"
        losses.note_at(found.of_workload, "topics", why)
    elif topics > 1:
        why = "a stream each there; here subjects of one stream, which take turns"
        losses.note_at(found.of_workload, "topics", why)
    if omb.partitions > 1:
        why = "a stream has no partitions; the NATS driver there leaves them out, too"
        losses.note_at(found.of_workload, "partitionsPerTopic", why)
    if topics == 1:
        return {"pattern": "topic"}
    return {"pattern": "topic.{topic}", "numbers": {"topic": topics}}


def _payload_bytes(found: Read, losses: Losses) -> int:
    size = found.workload.message_bytes
    if size < MIN_PAYLOAD_BYTES:
        why = f"each message carries an id: {MIN_PAYLOAD_BYTES} bytes are the least"
        losses.note_at(found.of_workload, "messageSize", why)
    return max(size, MIN_PAYLOAD_BYTES)


def _publishers(found: Read, losses: Losses) -> int:
    omb = found.workload
    asked = omb.producers * omb.topics
    if asked > MAX_PROCESSES:
        why = f"{asked} in all; {MAX_PROCESSES} processes share the rate here"
        losses.note_at(found.of_workload, "producersPerTopic", why)
    return held(asked)


def _processes(found: Read, losses: Losses) -> int:
    omb = found.workload
    asked = omb.consumers * omb.topics
    if asked > MAX_PROCESSES:
        why = f"{asked} in all; {MAX_PROCESSES} processes share a consumer here"
        losses.note_at(found.of_workload, "consumerPerSubscription", why)
    if asked == 0:
        why = "a stream is always consumed here: by one process"
        losses.note_at(found.of_workload, "consumerPerSubscription", why)
    return held(asked)


def _consume(found: Read, losses: Losses) -> dict[str, Any]:
    if found.workload.subscriptions == 0:
        why = "a stream always has a consumer here"
        losses.note_at(found.of_workload, "subscriptionsPerTopic", why)
    return {"consume": {"consumers": _processes(found, losses)}}


def _consumers(found: Read, losses: Losses) -> dict[str, Any]:
    asked, processes = found.workload.subscriptions, _processes(found, losses)
    if asked > MAX_PROCESSES:
        why = f"a workload has up to {MAX_PROCESSES} independent consumers"
        losses.note_at(found.of_workload, "subscriptionsPerTopic", why)
    names = [f"subscription_{number}" for number in range(held(asked))]
    return {"consumers": {name: {"processes": processes} for name in names}}


def _timing(found: Read, losses: Losses, fast_msgs_per_s: float) -> Timing:
    omb = found.workload
    rate = float(omb.rate_msgs_per_s) or fast_msgs_per_s
    if not omb.rate_msgs_per_s:
        why = f"looks for the highest rate; {format_rate(rate)} are offered here (--rate)"
        losses.note_at(found.of_workload, "producerRate", why)
    timing = fitting(rate, omb.warmup_minutes * NS_PER_MIN, omb.minutes * NS_PER_MIN)
    if timing.rate_msgs_per_s != rate:
        why = f"more than a trial holds: {timing.rate}"
        losses.note_at(found.of_workload, "producerRate", why)
    kept = {
        "warmupDurationMinutes": (timing.warmup_ns, omb.warmup_minutes, "warmup"),
        "testDurationMinutes": (timing.measure_ns, omb.minutes, "measure"),
    }
    for key, (kept_ns, minutes, phase) in kept.items():
        if kept_ns != minutes * NS_PER_MIN:
            after = f" after a warm-up of {timing.phases['warmup']}" if phase == "measure" else ""
            why = f"more than a trial holds: {timing.phases[phase]}{after}"
            losses.note_at(found.of_workload, key, why)
    return timing


def _lose_contents(found: Read, losses: Losses) -> None:
    omb, document = found.workload, found.of_workload
    if omb.keys != "NO_KEY":
        losses.note_at(document, "keyDistributor", "a message has no key; its subject is one")
    if omb.payload_file:
        losses.note_at(document, "payloadFile", "is not read: payloads are an id and noise")
    if omb.randomized and omb.random_share < 1:
        why = "all of a payload is noise, which matters where the store compresses"
        losses.note_at(document, "randomBytesRatio", why)
    if omb.randomized and omb.pool:
        why = "messages differ in their id alone"
        losses.note_at(document, "randomizedPayloadPoolSize", why)


def _lose_backlog(found: Read, losses: Losses) -> None:
    if found.workload.backlog_gb:
        why = "nothing is piled up beforehand: consumers run from the start"
        losses.note_at(found.of_workload, "consumerBacklogSizeGB", why)
        losses.note_at(found.of_workload, "backlogDrainRatio", "goes with the backlog")


def _settings(found: Read, losses: Losses) -> dict[str, Any]:
    """Return what its NATS driver does: a durable push consumer that a group shares."""
    settings: dict[str, Any] = {"stream": _stream(found, losses), "consumer": {"mode": "push"}}
    size = found.workload.message_bytes
    if size > SERVER_MAX_PAYLOAD_BYTES:
        settings["server"] = {"max_payload": format_size(size)}
    return settings


def _stream(found: Read, losses: Losses) -> dict[str, Any]:
    driver, document = found.driver, found.of_driver
    if document is not None and found.foreign:
        for key in document.data:
            losses.note_at(document, key, "of a driver for another system")
    elif document is not None:
        why = "where the server is, `jetbench run --server URL` says"
        losses.note_at(document, "natsHostUrl", why)
        losses.note_at(document, "workers", why)
        if driver.max_bytes == 0:
            losses.note_at(document, "maxBytes", "0 stands for no limit")
    stream: dict[str, Any] = {"storage": driver.storage.lower()}
    if driver.replicas > 1:
        stream["num_replicas"] = driver.replicas
    if driver.max_bytes > 0:
        stream["max_bytes"] = format_size(driver.max_bytes)
    return stream
