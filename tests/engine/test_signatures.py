"""What a handler finds wrong with a signature, and for how long it remembers."""

from dataclasses import replace

import numpy as np
import pytest

from bench.clients.port import Content
from bench.core.units import NS_PER_S
from bench.engine.signatures import REPLAYED, STALE, TAMPERED, SignatureCheck
from bench.plan.signing import Signer, nonce_of

PREFIX = "jetbench.x.s."
SIGNER = Signer.of(PREFIX)
SIGNED_NS = 1_764_311_436 * NS_PER_S
AT = b"2025-11-28T06:30:36.000000000"


def message(number: int = 1, seq: int = 1, at: bytes = AT) -> Content:
    """A message as its publisher signs it, who knows its subject with what stands before it."""
    nonce, data = nonce_of(number), b"%016d and more" % number
    signature = SIGNER.sign(at, nonce, f"{PREFIX}orders", data)
    told = f"t={at.decode()},n={nonce.decode()},v1={signature.decode()}"
    return Content(data=data, subject="orders", headers={"Signature": told}, seq=seq, deliveries=1)


def check(age_s: float = 0, max_age_s: int = 30) -> SignatureCheck:
    return SignatureCheck(
        signer=SIGNER,
        max_age_ns=max_age_s * NS_PER_S,
        clock=lambda: SIGNED_NS + round(age_s * NS_PER_S),
    )


def test_what_is_signed_and_new_is_good() -> None:
    assert check()(message()) == ""


@pytest.mark.parametrize(
    "change",
    [
        {"data": b"%016d and less" % 1},
        {"subject": "payments"},
        {"headers": {}},
        {"headers": {"Signature": "v1=0"}},
        {"headers": {"Signature": message(2).headers["Signature"]}},
        {"headers": {"Signature": message().headers["Signature"].replace("06:30", "06:31")}},
        {"headers": {"Signature": message().headers["Signature"].replace("n=00", "n=10")}},
    ],
    ids=str,
)
def test_nothing_that_is_signed_can_be_changed(change: dict[str, object]) -> None:
    """Payload, subject, instant and nonce; nor can the signature be left out, or be another's."""
    assert check()(replace(message(), **change)) == TAMPERED  # type: ignore[arg-type]


def test_the_key_of_another_trial_is_of_no_use() -> None:
    other = SignatureCheck(signer=Signer.of("jetbench.y.s."))

    assert other(message()) == TAMPERED


def test_a_signature_is_stale_when_it_is_older_than_it_may_be() -> None:
    assert check(30)(message()) == ""
    assert check(30.001)(message()) == STALE
    assert check(10_000, max_age_s=0)(message()) == "", "as old as it likes"


def test_another_message_with_its_nonce_is_a_replay_and_a_redelivery_is_none() -> None:
    looks = check()

    assert looks(message(seq=5)) == ""
    assert looks(message(seq=5)) == "", "the same message of the stream"
    assert looks(message(seq=6)) == REPLAYED
    assert looks(message(seq=5)) == "", "and still"
    assert looks(message(2, seq=7)) == ""


def test_what_is_tampered_with_uses_up_no_nonce() -> None:
    """Else whoever guesses a nonce would have the true message refused."""
    looks = check()

    assert looks(replace(message(seq=5), data=b"forged")) == TAMPERED
    assert looks(message(seq=6)) == ""


def test_nonces_are_kept_for_as_long_as_a_signature_may_be_old() -> None:
    """So memory is bounded, and what comes after that is stale."""
    now_ns = [SIGNED_NS]
    looks = SignatureCheck(signer=SIGNER, max_age_ns=NS_PER_S, clock=lambda: now_ns[0])
    for number in range(100):
        now_ns[0] = SIGNED_NS + number * NS_PER_S // 10
        at = np.datetime64(now_ns[0], "ns").astype(str).encode()
        assert looks(message(number, seq=number, at=at)) == ""
        assert looks(message(number, seq=1000, at=at)) == REPLAYED

    assert len(looks._seen) <= 12
    assert looks(message(0, seq=1000)) == STALE
