"""Tuning files: what they ask for, and all that is wrong with them at once."""

from pathlib import Path

import pytest

from bench.core.errors import SpecError
from bench.spec.space import Knob
from bench.spec.tuning import LoadedTuning, load_tuning
from bench.spec.tuning_cautions import cautions_of, check_tuning_server
from tests.spec.files import CONFIG, problems_of, write, write_all

TUNING = """\
label: orders
question: Which settings?
workload: load
base: sizes/small
space: {pull.batch: [1, 10, 100], pull.requests: [1, 2]}
objective: minimise end_to_end_p50
constraints: [lost == 0]
budget: 10m
trial: {warmup: 1s, measure: 2s, drain: 1s}
"""


def written(root: Path, config: str = CONFIG, **changes: str) -> Path:
    """Write a tuning file beside what it names; `changes` replaces lines by their key."""
    write_all(root, config=config)
    lines = dict(line.split(": ", 1) for line in TUNING.splitlines())
    text = "".join(f"{key}: {value}\n" for key, value in (lines | changes).items() if value)
    return write(root, "configs/tuning/orders.yaml", text)


def loaded(root: Path, monkeypatch: pytest.MonkeyPatch, **changes: str) -> LoadedTuning:
    """Load such a file by its name."""
    written(root, **changes)
    monkeypatch.chdir(root)
    return load_tuning("orders")


def knobs(found: LoadedTuning) -> dict[str, Knob]:
    return {knob.key: knob for knob in found.knobs}


def test_a_file_says_which_settings_are_turned_and_what_is_best(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = loaded(tmp_path, monkeypatch)

    assert found.knobs == (
        Knob(key="pull.batch", values=(1, 10, 100), ordered=True),
        Knob(key="pull.requests", values=(1, 2), ordered=True),
    )
    assert list(map(str, found.file.objective)) == ["minimise end_to_end_p50"]
    assert found.base.settings.pull.batch == 1
    assert (found.base.config, found.base.variant) == ("sizes", "small")
    assert found.workload.phases == found.file.trial
    assert found.file.budget_ns == 600_000_000_000


def test_without_a_base_all_defaults_are_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = loaded(tmp_path, monkeypatch, base="")

    assert (found.base.config, found.base.variant) == ("", "defaults")
    assert found.base.settings.pull.batch == 100


@pytest.mark.parametrize(
    ("written_as", "values"),
    [
        ("{from: 1, to: 10000, scale: log, steps: 5}", (1, 10, 100, 1000, 10000)),
        ("{from: 1, to: 5}", (1, 2, 3, 4, 5)),
        ("{from: 1, to: 3, steps: 9}", (1, 2, 3)),
        ("{from: 10, to: 40, steps: 2}", (10, 40)),
        ("{values: [100, 1]}", (100, 1)),
    ],
)
def test_a_range_is_written_out(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    written_as: str,
    values: tuple[int, ...],
) -> None:
    found = loaded(tmp_path, monkeypatch, space=f"{{pull.batch: {written_as}}}")

    assert found.knobs[0].values == values
    assert found.knobs[0].ordered is (values != (100, 1))


@pytest.mark.parametrize(
    ("key", "written_as", "values"),
    [
        ("pull.expires", "{from: 1s, to: 16s, scale: log}", ("1s", "2s", "4s", "8s", "16s")),
        ("pull.expires", "{from: 1s, to: 3s, steps: 3}", ("1s", "2s", "3s")),
        (
            "pull.max_bytes",
            "{from: 1KiB, to: 16KiB, scale: log, steps: 3}",
            ("1KiB", "4KiB", "16KiB"),
        ),
        ("consumer.sample_freq", "{from: 10%, to: 30%, steps: 3}", ("10%", "20%", "30%")),
        ("consumer.ack_wait", "{from: 1000ms, to: 3s, steps: 2}", ("1000ms", "3s")),
    ],
)
def test_a_range_keeps_the_kind_of_its_ends(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    key: str,
    written_as: str,
    values: tuple[str, ...],
) -> None:
    found = loaded(tmp_path, monkeypatch, space=f"{{{key}: {written_as}}}")

    assert found.knobs[0].values == values


def test_a_setting_that_depends_on_another_stands_behind_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And its conditions name values as that one has them."""
    space = (
        "{pull.batch: {values: [1, 10], when: {consumer.mode: pull, consumer.ack_wait: 1s}},"
        " consumer.ack_wait: [1000ms, 30s], consumer.mode: [pull, push]}"
    )

    found = loaded(tmp_path, monkeypatch, space=space)

    assert [knob.key for knob in found.knobs] == [
        "consumer.ack_wait",
        "consumer.mode",
        "pull.batch",
    ]
    assert knobs(found)["pull.batch"].when == (
        ("consumer.mode", ("pull",)),
        ("consumer.ack_wait", ("1000ms",)),
    )


SPACES = [
    ("{pull.bach: [1]}", "space.pull.bach = […]: unknown key"),
    ("{pull.bach: [1]}", "did you mean 'pull.batch'?"),
    ("{max_ack_pending: [1]}", "unknown key"),
    ("{requests: [1]}", "did you mean 'pull.requests'?"),
    ("{pull: {batch: [1]}}", "space.pull = {…}: is a section"),
    ("{disturbances: [x]}", "cannot be turned"),
    ("{handler.call: ['a:b']}", "cannot be turned"),
    ("{pull.batch: [1, 0]}", "space.pull.batch[1] = 0: too small; allowed: 1 or more"),
    ("{pull.batch: [1, '10']}", "space.pull.batch[1] = '10': must be a whole number"),
    ("{pull.batch: [1, true]}", "space.pull.batch[1] = true: must be a whole number"),
    ("{ack.double: [true, 1]}", "space.ack.double[1] = 1: must be true or false"),
    ("{pull.batch: [1, 1]}", "space.pull.batch[1] = 1: given twice"),
    ("{pull.expires: [1s, 1000ms]}", "space.pull.expires[1] = '1000ms': given twice"),
    ("{pull.expires: [5]}", "space.pull.expires[0] = 5: needs a unit"),
    ("{pull.batch: [1, null]}", "space.pull.batch[1] = null: null leaves"),
    ("{pull.batch: [[1]]}", "space.pull.batch[0] = […]: not a plain value"),
    ("{pull.batch: []}", "space.pull.batch = []: is empty"),
    ("{pull.batch: 5}", "space.pull.batch = 5: must be a mapping"),
    ("{pull.batch: {}}", "space.pull.batch = {}: neither values nor a range"),
    ("{}", "space = {}: is empty"),
    ("[1]", "space = […]: must be a mapping"),
    ("{consumer.mode: [pull, psh]}", "did you mean 'push'?"),
    ("{pull.batch: {from: 10, to: 10}}", "space.pull.batch.to = 10: the range is empty"),
    ("{pull.batch: {from: 10, to: 1}}", "space.pull.batch.to = 1: the range is empty"),
    ("{pull.batch: {from: 10}}", "space.pull.batch.to: missing"),
    ("{pull.batch: {from: 1, to: 9, setps: 2}}", "did you mean 'steps'?"),
    ("{pull.batch: {from: 1, to: 9, steps: 1}}", "space.pull.batch.steps = 1: too small"),
    ("{pull.batch: {from: 1, to: 9, scale: lgo}}", "did you mean 'log'?"),
    ("{pull.batch: {from: 0, to: 9, scale: log}}", "a log scale begins above 0"),
    ("{pull.batch: {from: 1, to: 20000}}", "space.pull.batch.to = 20000: too large"),
    ("{pull.batch: {from: 1, to: 9s}}", "space.pull.batch.to = '9s': not a quantity like"),
    ("{pull.batch: {from: one, to: 9}}", "space.pull.batch.from = 'one': no quantity"),
    ("{pull.batch: {values: [1], from: 1}}", "belongs to a range, and there are values"),
    (
        "{pull.batch: {values: [1], when: {consumer.mode: pull}}}",
        "space.pull.batch.when.consumer.mode = 'pull': is not turned",
    ),
    (
        "{pull.batch: {values: [1], when: {consumer.mod: pull}}, consumer.mode: [pull, push]}",
        "did you mean 'consumer.mode'?",
    ),
    (
        "{pull.batch: {values: [1], when: {pull.requests: [1, 3]}}, pull.requests: [1, 2]}",
        "space.pull.batch.when.pull.requests[1] = 3: is no value of pull.requests",
    ),
    (
        "{pull.batch: {values: [1], when: {pull.batch: 1}}}",
        "space.pull.batch.when.pull.batch = 1: is the setting itself",
    ),
    (
        "{pull.batch: {values: [1], when: {pull.requests: 1}},"
        " pull.requests: {values: [1], when: {pull.batch: 1}}}",
        "space.pull.batch.when.pull.requests = 1: is turned only when pull.batch is",
    ),
    (
        "{consumer.mode: [pull, push],"
        " pull.batch: {values: [1], when: {consumer.mode: pull}},"
        " pull.requests: {values: [1], when: {consumer.mode: push, pull.batch: 1}}}",
        "space.pull.requests.when = {…}: can never hold",
    ),
]


@pytest.mark.parametrize(("space", "wrong"), SPACES)
def test_what_is_wrong_with_a_space_is_told_by_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, space: str, wrong: str
) -> None:
    path = written(tmp_path, space=space)
    monkeypatch.chdir(tmp_path)

    told = problems_of(path)

    assert any(wrong in each for each in told), told
    assert all("orders.yaml:5: space" in each for each in told), told
    assert len(told) <= 2, told


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"workload": "laod"}, "workload = 'laod': no such workload"),
        ({"workload": ""}, "workload: missing"),
        ({"base": "size/small"}, "base = 'size/small': no such config"),
        ({"base": "sizes/smal"}, "base = 'sizes/smal': no such variant"),
        ({"base": "sizes/smal"}, "did you mean 'small'?"),
        ({"base": "sizes"}, "base = 'sizes': names no variant"),
        ({"base": "{config: sizes, variant: smal}"}, "base.variant = 'smal': no such variant"),
        ({"base": "{config: sizes, varant: small}"}, "did you mean 'variant'?"),
        ({"base": "3"}, "base = 3: must be a mapping"),
        ({"objective": ""}, "objective: missing"),
        ({"objective": "end_to_end_p99"}, "did you mean 'minimise end_to_end_p99'?"),
        ({"objective": "minimise end_to_ent_p99"}, "did you mean 'end_to_end_p99'?"),
        ({"objective": "minimize end_to_end_p99"}, "did you mean 'minimise'?"),
        ({"objective": "minimise acked_rate"}, "lower is worse of acked_rate"),
        ({"objective": "maximise end_to_end_p50"}, "allowed: minimise end_to_end_p50"),
        ({"objective": "minimise lag_slope"}, "neither way of lag_slope is better"),
        ({"objective": "minimise put.response_p99"}, "objective = 'minimise put.response_p99': no"),
        (
            {"objective": "[minimise end_to_end_p50, minimise p50]"},
            "objective = […]: the same objective twice",
        ),
        (
            {"objective": "[minimise p50, maximise acked_rate, minimise p95]"},
            "objective = […]: too many; allowed: up to 2",
        ),
        ({"objective": "[]"}, "objective = []: is empty"),
        ({"objective": "[3]"}, "objective[0] = 3: not an objective"),
        (
            {"objective": "minimise p99.9"},
            "objective = 'minimise p99.9': cannot be read in a trial",
        ),
        ({"constraints": "[p99 < 20]"}, "constraints[0] = 'p99 < 20'"),
        ({"constraints": "[p50 vs baseline <= +5%]"}, "compares with a baseline"),
        ({"constraints": "[put.response_p99 < 5ms]"}, "constraints[0] = 'put.response_p99 < 5ms'"),
        ({"constraints": "[p99 < 5ms]"}, "constraints[0] = 'p99 < 5ms': cannot be decided"),
        ({"constraints": "p50 < 5ms"}, "constraints = 'p50 < 5ms': must be a list"),
        ({"budget": ""}, "budget: missing"),
        ({"budget": "20"}, "budget = 20: needs a unit"),
        ({"budgt": "20m"}, "did you mean 'budget'?"),
        ({"trial": "{measure: 1ms}"}, "trial.measure = '1ms': too short for a figure"),
        ({"seed": "-1"}, "seed = -1: too small"),
        ({"label": "a b"}, "label = 'a b': cannot name a directory"),
    ],
)
def test_what_is_wrong_is_told_by_the_keys_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changes: dict[str, str], wrong: str
) -> None:
    path = written(tmp_path, **changes)
    monkeypatch.chdir(tmp_path)

    told = problems_of(path)

    assert any(wrong in each for each in told), told
    assert len(told) <= 2, told


def test_all_is_told_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A setting that does not exist hides neither the objective nor the constraint."""
    path = written(
        tmp_path,
        space="{pull.bach: [1], pull.batch: [0, null], pull.requests: {from: 3, to: 1}}",
        objective="maximise p50",
        constraints="[foo < 3]",
        base="sizes/smal",
        budget="3",
    )
    monkeypatch.chdir(tmp_path)

    told = "\n".join(problems_of(path))

    for word in (
        "space.pull.bach",
        "space.pull.batch[1]",
        "space.pull.requests.to",
        "objective",
        "constraints[0]",
        "base",
        "budget",
    ):
        assert f": {word}" in told, told


def test_a_base_that_the_workload_cannot_bear_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = "variants:\n  small: {server.max_payload: 100B}\n"
    path = written(tmp_path, config=config)
    monkeypatch.chdir(tmp_path)

    (problem,) = problems_of(path)

    assert "base = 'sizes/small': server.max_payload: payloads of 128B" in problem


def test_a_base_beside_the_tuning_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = loaded(tmp_path, monkeypatch, base="../sizes.yaml/base")

    assert (found.base.config, found.base.variant) == ("sizes", "base")


def test_acks_at_other_moments_are_cautioned_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What acks sooner is not done sooner."""
    found = loaded(tmp_path, monkeypatch, space="{ack.timing: [after-handler, per-batch]}")

    (caution,) = cautions_of(found)

    assert "objective = 'minimise end_to_end_p50': " in str(caution)
    assert "acknowledge at different moments" in str(caution)


def test_an_objective_of_few_messages_is_cautioned_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = loaded(tmp_path, monkeypatch, objective="minimise p95", trial="{measure: 3s}")

    (caution,) = cautions_of(found)

    assert "rests on few messages" in str(caution)


def test_a_server_that_cannot_run_a_value_is_told_before_anything_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = loaded(tmp_path, monkeypatch, space="{stream.num_replicas: [1, 3, 5]}")

    with pytest.raises(SpecError) as refused:
        check_tuning_server(found, version="2.12.0", servers=1, embedded=True)

    assert [problem.key for problem in refused.value.problems] == [
        "space.stream.num_replicas[1]",
        "space.stream.num_replicas[2]",
    ]


def test_options_stand_in_the_place_of_keys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(tmp_path)
    monkeypatch.chdir(tmp_path)

    found = load_tuning("orders", {"budget": "1h", "objective": ["maximise acked_rate"]})

    assert found.file.budget_ns == 3_600_000_000_000
    assert list(map(str, found.file.objective)) == ["maximise acked_rate"]
