"""How long handlers took: kept as it changes, and told only where it is sure."""

from pathlib import Path

from bench.engine.took import Took, load_took, took_path


def test_what_was_noted_is_told_also_beyond_what_was_expected(tmp_path: Path) -> None:
    record = tmp_path / "consumer-0.npy"
    took = Took(took_path(record), expected=2)

    took.note(0, 5, 1)
    took.note(4, 9, 2)

    found = load_took([record], rows=5)
    assert found is not None
    assert found.tolist() == [[5, 0, 0, 0, 9], [1, 0, 0, 0, 2]]


def test_nobody_can_tell_without_it_or_with_too_little_of_it(tmp_path: Path) -> None:
    record = tmp_path / "consumer-0.npy"

    assert load_took([record], rows=1) is None

    Took(took_path(record), expected=2)
    assert load_took([record], rows=2) is not None
    assert load_took([record], rows=3) is None


def test_of_several_generations_nobody_knows_which_delivery_was_whose(tmp_path: Path) -> None:
    """A killed process and who took its place counted from 0 each."""
    first, second = tmp_path / "consumer-0.npy", tmp_path / "consumer-0.g2.npy"
    Took(took_path(first), expected=4)
    assert load_took([first, second], rows=4) is not None

    Took(took_path(second), expected=4)

    assert load_took([first, second], rows=4) is None
