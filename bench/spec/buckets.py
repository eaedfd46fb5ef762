"""What JetStream refuses of a bucket, by a bucket's own words: it is a stream."""

from dataclasses import replace

from bench.spec import jetstream
from bench.spec.objection import Objection
from bench.spec.variant import Settings

_WORDS = {"stream.max_age": "bucket.ttl", "stream.max_msgs_per_subject": "bucket.history"}


def objections(settings: Settings) -> tuple[Objection, ...]:
    """Return what is wrong with a bucket on any server and under any workload."""
    of_stream = Settings(stream=settings.bucket.as_stream(), server=settings.server)
    return tuple(map(_of_bucket, jetstream.objections(of_stream)))


def _of_bucket(objection: Objection) -> Objection:
    against = tuple(map(_word, objection.against))
    return replace(objection, key=_word(objection.key), against=against)


def _word(key: str) -> str:
    return _WORDS.get(key, key.replace("stream.", "bucket.", 1))
