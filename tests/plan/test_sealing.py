"""Sealed payloads: opened by who has the keys, and by nobody where a byte was changed."""

import numpy as np
import pytest

from bench.plan.payload import ID_DIGITS, templates
from bench.plan.sealing import decrypt, verify
from bench.spec.workload import Payload

SIZE = 512


def payload(message_id: int = 7) -> bytes:
    spec = Payload.model_validate({"sizes": f"{SIZE}B", "format": "sealed"})
    (template,) = templates(spec, np.random.default_rng(1))
    return template.filled(message_id)


def test_whoever_has_the_keys_opens_each_message() -> None:
    """All of one size hold the same text, under ids of their own."""
    first, second = payload(1), payload(2)

    assert (first[:ID_DIGITS], second[:ID_DIGITS]) == (b"%016d" % 1, b"%016d" % 2)
    assert decrypt(first) == decrypt(second)
    assert len(decrypt(first)) == SIZE - 108
    assert decrypt(first) not in first
    verify(first)
    verify(second)


@pytest.mark.parametrize("place", [ID_DIGITS, ID_DIGITS + 12, SIZE - 65, SIZE - 80])
def test_what_was_changed_is_not_decrypted(place: int) -> None:
    """In the nonce, the text, or the tag."""
    with pytest.raises(ValueError, match="cannot be decrypted"):
        decrypt(_changed(payload(), place))


@pytest.mark.parametrize("place", [ID_DIGITS, SIZE - 65, SIZE - 64, SIZE - 1])
def test_what_was_changed_is_not_verified(place: int) -> None:
    """In what is signed, or in the signature."""
    with pytest.raises(ValueError, match="signature is wrong"):
        verify(_changed(payload(), place))


@pytest.mark.parametrize("content", [b"", b"0" * 20, b"0" * 100])
def test_what_is_too_short_is_refused_as_anything_else(content: bytes) -> None:
    with pytest.raises(ValueError, match="cannot be decrypted"):
        decrypt(content)
    with pytest.raises(ValueError, match="signature is wrong"):
        verify(content)


def _changed(content: bytes, place: int) -> bytes:
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]
