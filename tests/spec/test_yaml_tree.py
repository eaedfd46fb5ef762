from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.core.errors import SpecError
from bench.spec.yaml_tree import Document, dotted, read_document
from tests.spec.files import write


def read(tmp_path: Path, text: str) -> Document:
    return read_document(write(tmp_path, "f.yaml", text), "f.yaml")


def refusal(path: Path) -> str:
    with pytest.raises(SpecError) as caught:
        read_document(path, path.name)
    return "\n".join(map(str, caught.value.problems))


def test_every_key_and_item_knows_its_line(tmp_path: Path) -> None:
    """A problem is only as good as the line it points at."""
    document = read(tmp_path, "a:\n  b: 1\n  c:\n    - x\n    - y\n")

    assert document.lines == {
        ("a",): 1,
        ("a", "b"): 2,
        ("a", "c"): 3,
        ("a", "c", 0): 4,
        ("a", "c", 1): 5,
    }


def test_what_is_absent_has_the_line_of_what_should_hold_it(tmp_path: Path) -> None:
    """A missing key cannot have a line of its own."""
    document = read(tmp_path, "x: 1\na:\n  b: 1\n")

    assert document.problem(("a", "c", "d"), "missing").line == 2


def test_a_key_stays_the_word_that_was_written(tmp_path: Path) -> None:
    """YAML 1.1 turns `no` and `on` into booleans and 010 into 8."""
    document = read(tmp_path, "no: 1\n010: 2\n~: 3\n")

    assert list(document.data) == ["no", "010", "~"]


def test_a_value_is_shown_as_it_was_written(tmp_path: Path) -> None:
    """`1_000` read back as 1000 would send the reader searching."""
    document = read(tmp_path, "a: 1_000\nb: yes\nc: text\nd: []\ne: {f: 1}\n")

    assert [document.written[key,] for key in "abcde"] == ["1_000", "yes", "'text'", "[]", "{…}"]


def test_a_date_is_plain_text(tmp_path: Path) -> None:
    """A label such as 2026-01-31 is a name, not a day."""
    assert read(tmp_path, "label: 2026-01-31\n").data == {"label": "2026-01-31"}


def test_of_a_key_given_twice_both_lines_are_named(tmp_path: Path) -> None:
    """PyYAML keeps the last one and says nothing."""
    document = read(tmp_path, "a: 1\nb: 2\na: 3\n")

    assert [str(problem) for problem in document.problems] == [
        "f.yaml:3: a = 1: given twice, first in line 1"
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "f.yaml: is empty; allowed: `key: value` lines"),
        ("# nothing\n", "f.yaml: is empty; allowed: `key: value` lines"),
        ("- a\n", "f.yaml: is not a mapping; allowed: `key: value` lines"),
        ("a: 1\n---\nb: 2\n", "f.yaml: holds more than one document; allowed: one"),
        ("a: [1\nb: 2\n", "f.yaml:2: not readable as YAML: expected ',' or ']', but got ':'"),
        ("a: 1\nb: \x01\n", "f.yaml:2: holds control characters; allowed: a YAML file"),
        (
            "a: &x [1]\nb: *x\n",
            "f.yaml:1: not readable as YAML: anchors and aliases are not read; write the value out",
        ),
        (f"a: {'[' * 4000}", "f.yaml:1: not readable as YAML: nested deeper than 32 levels"),
        ("#" * 300_000, "f.yaml: is too large; allowed: up to 256KiB"),
    ],
)
def test_a_file_that_is_no_plain_mapping_is_refused(
    tmp_path: Path, text: str, expected: str
) -> None:
    """Whatever is handed in, the answer is one line and never a traceback or a hang."""
    assert refusal(write(tmp_path, "f.yaml", text)) == expected


def test_a_tag_runs_nothing(tmp_path: Path) -> None:
    """`!!python/object/apply` is how a YAML file runs a program."""
    marker = tmp_path / "ran"
    document = read(tmp_path, f'a: !!python/object/apply:os.mkdir ["{marker}"]\nb: !x 1\n')

    assert not marker.exists()
    assert [problem.key for problem in document.problems] == ["b"]


def test_a_missing_file_is_answered_with_its_nearest_neighbour(tmp_path: Path) -> None:
    """A slip in a path is the commonest reason for a missing file."""
    write(tmp_path, "orders.yaml", "a: 1\n")

    assert f"did you mean '{tmp_path}/orders.yaml'?" in refusal(tmp_path / "order.yaml")


def test_a_device_is_not_read() -> None:
    """/dev/zero never ends."""
    assert refusal(Path("/dev/zero")) == "zero: is not a regular file; allowed: a YAML file"


def test_a_key_cannot_write_to_the_terminal() -> None:
    """An escape sequence in a file must not recolour or rewrite the screen."""
    assert dotted(("a", "\x1b[31m", 3)) == "a.'\\x1b[31m'[3]"


@given(content=st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_content_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    """No byte sequence may end in another exception than the user's own."""
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_bytes(content)

    try:
        assert isinstance(read_document(path).data, dict)
    except SpecError as error:
        assert error.problems
