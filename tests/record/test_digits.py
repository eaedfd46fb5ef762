"""A table of digits read at once is what pandas reads."""

import io

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.record import digits

CELLS = st.one_of(st.none(), st.integers(0, 10**18 - 1), st.integers(0, 99))


@st.composite
def tables(draw: st.DrawFn) -> str:
    names = [f"c{place}" for place in range(draw(st.integers(2, 6)))]
    rows = draw(st.lists(st.lists(CELLS, min_size=len(names), max_size=len(names)), min_size=1))
    lines = [",".join("" if cell is None else str(cell) for cell in row) for row in rows]
    return "\n".join([",".join(names), *lines, ""])


@given(tables())
def test_it_reads_what_pandas_reads(text: str) -> None:
    expected = pd.read_csv(io.StringIO(text), dtype="Int64", index_col=False)
    found = digits.table(text.encode())
    assert found is not None
    pd.testing.assert_frame_equal(found, expected)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a,b\n",
        "a,b\n1,2",
        "a,b\n1\n",
        "a,b\n1,2,3\n4\n",
        "a,b\n1,2,3,4\n",
        "a,a\n1,2\n",
        "a,\n1,2\n",
        "a\n1\n",
        "a,b\n1,-2\n",
        "a,b\n1,2.0\n",
        "a,b\n1,2\r\n",
        "a,b\n1,2\n\n",
        "a,b\n1,1000000000000000000\n",
        "a,b\n1,x\n",
    ],
)
def test_what_is_written_otherwise_is_left_to_pandas(text: str) -> None:
    assert digits.table(text.encode()) is None
