"""Answers in order: read by one comparison, and nothing else is ever taken for one."""

from hypothesis import given
from hypothesis import strategies as st

from bench.clients.wire.inorder import AHEAD, MOST, NOTHING, PATIENCE, InOrder

ACK = b'MSG _INBOX.me.%016d 1 %d\r\n{"stream":"S", "seq":%d}\r\n'


def ack(position: int, sequence: int) -> bytes:
    return ACK % (position, len(b'{"stream":"S", "seq":%d}' % sequence), sequence)


def reader(model: bytes = ack(0, 1000), *, counts: bool = True) -> InOrder:
    token = model.index(b"0" * 16)
    counter = model.index(b'"seq":') + len(b'"seq":')
    digits = slice(counter, model.index(b"}")) if counts else None
    return InOrder(model, slice(token, token + 16), digits)


def fresh(made: InOrder) -> InOrder:
    """Have it compare the next chunk, whatever came before."""
    made._skip = 0
    return made


runs = st.tuples(st.integers(0, 10**15), st.integers(1000, 9000), st.integers(1, MOST))


@given(parts=st.lists(runs, min_size=1, max_size=6), cut=st.integers(0, 60))
def test_what_is_in_order_is_read_wherever_it_begins(
    parts: list[tuple[int, int, int]], cut: int
) -> None:
    """Any leap of position or sequence between chunks; the beginning of another answer behind."""
    made = reader()

    for first, sequence, count in parts:
        data = b"".join(ack(first + turn, sequence + turn) for turn in range(count))
        found = fresh(made).read(data + ack(first + count, sequence + count)[:cut])
        if found == NOTHING:  # what was written down is of another sequence: once more
            found = fresh(made).read(data)
        assert found == range(first, first + count)


@given(
    first=st.integers(0, 10**6),
    count=st.integers(1, 40),
    at=st.integers(0, 10**4),
    byte=st.integers(0, 255),
)
def test_one_other_byte_and_nothing_is_read(first: int, count: int, at: int, byte: int) -> None:
    """Wherever it stands, in the first answer too: the exact readers look at it all."""
    data = bytearray(b"".join(ack(first + turn, 1000 + turn) for turn in range(count)))
    whole = bytes(data)
    data[at % len(data)] = byte
    made = reader()
    made.read(whole)

    found = fresh(made).read(bytes(data))

    changed = bytes(data)
    expected = _exactly(changed)
    assert found in (NOTHING, expected)
    if changed == whole:
        assert found == range(first, first + count)


def _exactly(data: bytes) -> range:
    """Return the positions that these answers are to, where they follow one another."""
    size = len(ack(0, 1000))
    tokens = [data[at : at + size] for at in range(0, len(data), size)]
    numbers = [token[len("MSG _INBOX.me.") :][:16] for token in tokens]
    if not all(number.isdigit() for number in numbers):
        return NOTHING
    first = int(numbers[0])
    sequence = data[: size - len(b"}\r\n")].rpartition(b":")[2]
    if not sequence.isdigit():
        return NOTHING
    same = [ack(first + turn, int(sequence) + turn) for turn in range(len(tokens))]
    return range(first, first + len(tokens)) if same == tokens else NOTHING


def test_another_order_is_left_to_others_for_a_while() -> None:
    """What is written down in vain costs more than it saves."""
    made = reader()
    data = ack(5, 1005) + ack(3, 1003)

    assert made.read(data) == NOTHING
    looks = [bool(made.read(ack(7 + turn, 1007 + turn))) for turn in range(PATIENCE + 2)]

    assert looks == [False] * PATIENCE + [True] * 2


def test_a_number_that_no_message_has_is_left_to_others() -> None:
    """Somebody else's answer may carry any digits; nothing runs over."""
    made = reader(counts=False)

    for far in (10**16 - 1, 10**16 - AHEAD):
        assert fresh(made).read(ack(far, 1000)) == NOTHING


def test_many_answers_are_left_to_others() -> None:
    """Numpy reads those faster; so are none, and less than one."""
    made = reader()
    many = b"".join(ack(turn, 1000 + turn) for turn in range(MOST + 1))

    assert made.read(many) == made.read(b"") == made.read(many[:20]) == NOTHING
    assert made.read(many[: len(many) - len(ack(0, 1000))]) == range(MOST)
