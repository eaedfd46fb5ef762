import json
import zlib

import numpy as np
import pytest

from bench.plan.payload import ID_DIGITS, PayloadTemplate, templates
from bench.spec.workload import MIN_BYTES, Payload


def make(form: str, *sizes: int) -> tuple[PayloadTemplate, ...]:
    shares = {f"{size}B": f"{100 / len(sizes)}%" for size in sizes}
    payload = Payload.model_validate({"sizes": shares, "format": form})
    return templates(payload, np.random.default_rng(1))


def filled(template: PayloadTemplate, message_id: int) -> bytes:
    digits = f"{message_id:0{ID_DIGITS}d}".encode()
    end = template.id_offset + ID_DIGITS
    return template.content[: template.id_offset] + digits + template.content[end:]


@pytest.mark.parametrize("form", ["random-bytes", "json-envelope", "event-envelope", "sealed"])
def test_a_payload_has_exactly_its_size(form: str) -> None:
    """Down to the least that the loader lets through, which is stated in another package."""
    least = MIN_BYTES[form]

    assert [len(t.content) for t in make(form, least, least + 1, 1024, 32768)] == [
        least,
        least + 1,
        1024,
        32768,
    ]


def test_the_least_envelope_has_no_filler() -> None:
    """MIN_BYTES must follow the envelope: one byte less would not fit it."""
    for form, field in (("json-envelope", "data"), ("event-envelope", "payload")):
        (template,) = make(form, MIN_BYTES[form])

        assert json.loads(template.content)[field] == ""


def test_an_envelope_is_json_with_the_id_in_its_place() -> None:
    """Services read it; our consumer finds the id without parsing."""
    (template,) = make("json-envelope", 1024)
    envelope = json.loads(filled(template, 42))

    assert list(envelope) == ["type", "id", "correlation_id", "time", "data"]
    assert envelope["id"] == "0000000000000042"


def test_random_bytes_begin_with_the_id() -> None:
    """The smallest message is its id alone."""
    small, _ = make("random-bytes", ID_DIGITS, 128)

    assert filled(small, 7) == b"0000000000000007"


def test_random_bytes_do_not_compress() -> None:
    """Noise is the worst case for compression on the wire or on disk."""
    (template,) = make("random-bytes", 32768)

    assert len(zlib.compress(template.content, level=9)) > 32768 * 0.99
