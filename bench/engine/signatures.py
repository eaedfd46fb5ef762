"""What a handler looks at of a signature: that it is right, how old it is, and that it is new."""

import hmac
import re
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from bench.clients.port import Content
from bench.plan.signing import Signer
from bench.spec.headers import SIGNATURE_HEADER

TAMPERED, STALE, REPLAYED = "tampered", "stale", "replayed"

_SIGNED = re.compile(r"t=([0-9T:.-]{29}),n=(\d{16}),v1=([0-9a-f]{64})")


@dataclass(slots=True, kw_only=True)
class SignatureCheck:
    """Checks the signatures of what one process is delivered.

    A redelivery of the same message of the stream is no replay; another message with its nonce is.
    Nonces are kept as long as a signature may be old: what comes later is stale by itself.

    Attributes:
        signer: of the trial.
        max_age_ns: how old a signature may be; 0 for as old as it likes.
        clock: returns ns since 1970.
    """

    signer: Signer
    max_age_ns: int = 0
    clock: Callable[[], int] = time.time_ns
    _seen: dict[str, int] = field(default_factory=dict)
    _oldest: deque[tuple[int, str]] = field(default_factory=deque)

    def __call__(self, content: Content) -> str:
        """Return what is wrong with the signature of a message; empty where it is a good one."""
        signed = _SIGNED.fullmatch(content.headers.get(SIGNATURE_HEADER, ""))
        if signed is None:
            return TAMPERED
        at, nonce, told = signed.groups()
        right = self.signer.sign(at.encode(), nonce.encode(), content.subject, content.data)
        if not hmac.compare_digest(told.encode(), right):
            return TAMPERED
        return self._fresh(at, nonce, content.seq)

    def _fresh(self, at: str, nonce: str, seq: int) -> str:
        at_ns, now_ns = int(np.datetime64(at, "ns").astype(np.int64)), self.clock()
        if self.max_age_ns and now_ns - at_ns > self.max_age_ns:
            return STALE
        self._forget(now_ns)
        if nonce not in self._seen:
            self._seen[nonce] = seq
            self._oldest.append((now_ns, nonce))
        return "" if self._seen[nonce] == seq else REPLAYED

    def _forget(self, now_ns: int) -> None:
        """Forget what was seen so long ago that what comes with its nonce is stale."""
        if not self.max_age_ns:
            return
        while self._oldest and now_ns - self._oldest[0][0] > self.max_age_ns:
            del self._seen[self._oldest.popleft()[1]]
