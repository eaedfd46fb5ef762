"""What JetStream refuses of a bucket, by a bucket's own words: it is a stream."""

from collections.abc import Iterator
from dataclasses import replace

from bench.core.units import NS_PER_S, format_duration
from bench.spec import jetstream
from bench.spec.objection import Objection
from bench.spec.variant import Settings

_WORDS = {"stream.max_age": "bucket.ttl", "stream.max_msgs_per_subject": "bucket.history"}


def objections(settings: Settings) -> tuple[Objection, ...]:
    """Return what is wrong with a bucket on any server and under any workload."""
    of_stream = Settings(stream=settings.bucket.as_stream(), server=settings.server)
    return (*map(_of_bucket, jetstream.objections(of_stream)), *_markers(settings))


def _markers(settings: Settings) -> Iterator[Objection]:
    """Yield that markers stand for a second or more, and for whole ones: the server says so."""
    stand_ns = settings.bucket.limit_markers_ns
    if stand_ns is not None and (stand_ns < NS_PER_S or stand_ns % NS_PER_S):
        yield Objection(
            key="bucket.limit_markers",
            what=f"a marker cannot stand for {format_duration(stand_ns)} (10052)",
            allowed="whole seconds from 1s on, or leave it out",
        )


def _of_bucket(objection: Objection) -> Objection:
    against = tuple(map(_word, objection.against))
    return replace(objection, key=_word(objection.key), against=against)


def _word(key: str) -> str:
    return _WORDS.get(key, key.replace("stream.", "bucket.", 1))
