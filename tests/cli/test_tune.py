"""What the options of `jetbench tune` say, before any file is read."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from bench.cli.tune import _space
from bench.cli.verbs import app
from bench.core.errors import SpecError, UsageError
from tests.judgement.tuning import BETTER, judged
from tests.spec.files import write


def test_knobs_are_read_as_yaml_reads_them() -> None:
    """What a file would have: numbers, words, durations, and what is true."""
    found = _space(["pull.batch=1, 10,100", "consumer.ack_wait=250ms", "ack.double=true,false"])

    assert found == {
        "pull.batch": [1, 10, 100],
        "consumer.ack_wait": ["250ms"],
        "ack.double": [True, False],
    }


@pytest.mark.parametrize(
    ("verb", "option", "key"),
    [
        ("tune", "--budget", "budget"),
        ("tune", "--workload", "workload"),
        ("tune", "--base", "base"),
        ("tune", "--trial", "trial"),
        ("capacity", "--workload", "workload"),
        ("capacity", "--probe", "probe"),
        ("capacity", "--from", "rate.from"),
    ],
)
def test_an_option_with_nothing_in_it_is_not_left_out(verb: str, option: str, key: str) -> None:
    """It comes from a variable that is not set; what the file says was measured in its place."""
    refused = CliRunner().invoke(app, [verb, option, ""])

    assert isinstance(refused.exception, SpecError), refused.exception
    assert any(each.key.startswith(key) for each in refused.exception.problems)


@pytest.mark.parametrize("verb", ["run", "capacity", "tune"])
def test_a_file_with_no_name_is_not_the_usual_one(verb: str) -> None:
    refused = CliRunner().invoke(app, [verb, ""])

    assert isinstance(refused.exception, SpecError), refused.exception


@pytest.mark.parametrize("value", ["2026-13-40", "2026-11-28", "!!int few", "{a: b", "[" * 2000])
def test_what_no_file_has_as_a_plain_value_is_text(value: str) -> None:
    """What the setting takes is said then; some of these ended as a fault of our own."""
    assert _space([f"pull.batch={value}"]) == {"pull.batch": [value]}


def test_all_that_is_wrong_with_knobs_is_told_at_once() -> None:
    with pytest.raises(UsageError) as refused:
        _space(["pull.batch", "=3", "pull.requests=1", "pull.requests=2"])

    said = str(refused.value)
    assert "'pull.batch' is not KEY=VALUES" in said
    assert "'=3' is not KEY=VALUES" in said
    assert "pull.requests is given twice" in said
    assert "write --knob 'pull.batch=1,10,100'" in said


def test_what_is_pasted_is_valid_as_a_file(tmp_path: Path) -> None:
    """`jetbench validate` takes it where the report says that it is to stand."""
    found = judged(BETTER).tuning
    assert found is not None
    assert found.pasted is not None
    pasted = write(tmp_path, found.pasted.file, found.pasted.config)

    done = CliRunner().invoke(app, ["validate", str(pasted)])

    assert done.exit_code == 0, done.output
