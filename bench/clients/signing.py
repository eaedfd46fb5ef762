"""The signature of a message that is about to be sent."""

from bench.clients.port import Messages
from bench.plan.signing import Signer, nonce_of


def signature_of(signer: Signer, messages: Messages, position: int, at: bytes) -> bytes:
    """Return the signature of a message, of the payload that it had when it was signed.

    Args:
        signer: of the trial.
        messages: of one publisher.
        position: of the message.
        at: when it is signed, as it stands in the message.
    """
    sent, number = int(messages.payload_index[position]), int(messages.ids[position])
    payload = messages.payloads[signer.signed_as.get(sent, sent)].filled(number)
    subject = messages.subjects[int(messages.subject_index[position])]
    return signer.sign(at, nonce_of(number), subject, payload)
