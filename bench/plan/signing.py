"""How messages of a trial are signed: by HMAC-SHA256, with a key that both sides make up alike.

What is signed is the instant, the nonce (the message's id), the subject and the payload: nothing of
it can be changed, or be put before another subject, without whoever checks it noticing.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field

from bench.plan.payload import ID_DIGITS


def key_of(subject_prefix: str) -> bytes:
    """Return the key of a trial; no other trial has it."""
    return hashlib.sha256(f"signing {subject_prefix}".encode()).digest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """Signs, or says how a message is to be signed.

    Attributes:
        key: shared by both sides.
        subject_prefix: what stands before subjects on the server; it is not signed.
        signed_as: index of the payload that was signed, by that of one that was tampered with.
    """

    key: bytes
    subject_prefix: str
    signed_as: Mapping[int, int] = field(default_factory=dict)

    @classmethod
    def of(cls, subject_prefix: str, signed_as: Mapping[int, int] | None = None) -> "Signer":
        """Return that of a trial."""
        return cls(
            key=key_of(subject_prefix), subject_prefix=subject_prefix, signed_as=signed_as or {}
        )

    def sign(self, at: bytes, nonce: bytes, subject: str, payload: bytes) -> bytes:
        """Return the signature, 64 hexadecimal digits.

        Args:
            at: when it was signed, as it stands in the message.
            nonce: that no other message has.
            subject: with or without the prefix.
            payload: whole.
        """
        bare = subject.removeprefix(self.subject_prefix).encode()
        said = b"\n".join((at, nonce, bare, payload))
        return hmac.digest(self.key, said, "sha256").hex().encode()


def nonce_of(message_id: int) -> bytes:
    """Return the nonce of a message: its id, as it stands in it."""
    return b"%0*d" % (ID_DIGITS, message_id)
