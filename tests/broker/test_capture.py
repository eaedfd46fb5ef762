"""What is heard of a stream becomes a trace; what was missed is never hidden."""

import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg

from bench.broker.capture import Heard
from bench.core.errors import MeasurementError

SHORT = "$JS.ACK.ORDERS.c.1.{seq}.{number}.{stored_ns}.{left}"
LONG = "$JS.ACK.hub.ACCHASH.ORDERS.c.1.{seq}.{number}.{stored_ns}.{left}.rnd"


def message(
    number: int,
    stored_ns: int,
    size: int,
    *,
    subject: str = "a",
    left: int = 0,
    form: str = SHORT,
    passed: int = 70,
) -> Msg:
    reply = form.format(seq=number + passed, number=number, stored_ns=stored_ns, left=left)
    headers = {"Nats-Msg-Size": str(size)}
    return Msg(_client=Client(), subject=subject, reply=reply, data=b"", headers=headers)


@pytest.mark.parametrize("form", [SHORT, LONG], ids=["short", "with-domain"])
def test_what_is_heard_is_a_trace(form: str) -> None:
    """Gaps by the server's clock, sizes by its header, each subject once."""
    heard = Heard()
    rows = [(1, 50, 128, "a"), (2, 70, 0, "b"), (3, 65, 9, "a"), (4, 90, 7, "a")]
    for number, stored_ns, size, subject in rows:
        heard.add(message(number, stored_ns, size, subject=subject, left=4 - number, form=form))

    trace = heard.trace()

    assert trace.gap_ns.tolist() == [0, 20, 0, 25]
    assert trace.size_bytes.tolist() == [128, 0, 9, 7]
    assert trace.subject_index.tolist() == [0, 1, 0, 0]
    assert trace.subjects == ("a", "b")
    assert heard.left == 0


@pytest.mark.parametrize(("asked", "kept"), [(True, (b"x", b"abc")), (False, ())])
def test_payloads_are_kept_where_they_are_asked_for(asked: bool, kept: tuple[bytes, ...]) -> None:
    """The first of each size."""
    heard = Heard(payloads=asked)
    for number, data in enumerate((b"abc", b"x", b"xyz", b""), 1):
        delivery = message(number, 50, len(data))
        delivery.data = data
        heard.add(delivery)

    assert heard.trace().samples == kept
    assert heard.trace().size_bytes.tolist() == [3, 1, 3, 0]


def test_a_message_that_was_missed_is_told() -> None:
    """A trace with a hole would be another load."""
    heard = Heard()
    heard.add(message(1, 50, 1))

    with pytest.raises(MeasurementError, match="2 messages were missed"):
        heard.add(message(4, 60, 1))


@pytest.mark.parametrize(("whole", "gone"), [(True, 5), (False, 0)], ids=["all", "filter"])
@pytest.mark.parametrize("form", [SHORT, LONG], ids=["short", "with-domain"])
def test_what_was_gone_before_it_could_be_read_is_counted(
    form: str, whole: bool, gone: int
) -> None:
    """A limit of the stream takes it, and the consumer's numbers show no hole.

    With a filter what is between two sequences may be of other subjects.
    """
    heard = Heard(whole=whole)
    for number, passed in ((1, 70), (2, 70), (3, 72), (4, 75)):
        heard.add(message(number, 50 + number, 1, form=form, passed=passed))

    assert heard.gone == gone
    assert heard.trace().size_bytes.size == 4
