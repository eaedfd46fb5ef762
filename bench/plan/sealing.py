"""Payloads that are encrypted and signed, as a handler finds them; needs the extra `crypto`.

After the message's id stand a nonce, an AES-GCM ciphertext with its tag, and an Ed25519 signature
of both. The id is within neither, so that messages of one size share what is sealed: a publisher
seals once, and a handler opens each. The keys are known to everybody, and protect nothing.
"""

from hashlib import sha256

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bench.spec.payloads import MIN_PAYLOAD_BYTES, NONCE_BYTES, SIGNATURE_BYTES

_CIPHER = AESGCM(sha256(b"jetbench: cipher").digest())
_SIGNER = Ed25519PrivateKey.from_private_bytes(sha256(b"jetbench: signer").digest())
_KNOWN = _SIGNER.public_key()


def seal(nonce: bytes, plain: bytes) -> bytes:
    """Return what stands after the id: of a nonce of NONCE_BYTES, and a text of any length."""
    sealed = nonce + _CIPHER.encrypt(nonce, plain, None)
    return sealed + _SIGNER.sign(sealed)


def decrypt(payload: bytes) -> bytes:
    """Return the text of a payload; ValueError where its tag says that it was changed."""
    sealed = payload[MIN_PAYLOAD_BYTES:-SIGNATURE_BYTES]
    try:
        return _CIPHER.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], None)
    except (InvalidTag, ValueError):
        raise ValueError("the message cannot be decrypted") from None


def verify(payload: bytes) -> None:
    """Return where a payload was signed by who is known; else ValueError."""
    try:
        _KNOWN.verify(payload[-SIGNATURE_BYTES:], payload[MIN_PAYLOAD_BYTES:-SIGNATURE_BYTES])
    except InvalidSignature:
        raise ValueError("the signature is wrong") from None
