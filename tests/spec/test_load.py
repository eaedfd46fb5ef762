import shutil
from pathlib import Path

import pytest

import bench
from bench.core.units import NS_PER_S
from bench.spec import lookup
from bench.spec.load import cautions_of, load_config, load_matrix, load_workload
from bench.spec.recognised import check_files
from tests.spec.files import CONFIG, MATRIX, WORKLOAD, problems_of, write, write_all


@pytest.fixture(autouse=True)
def in_empty_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names are looked up from the working directory."""
    monkeypatch.chdir(tmp_path)


def test_a_matrix_comes_with_all_that_it_names(tmp_path: Path) -> None:
    """The phases of the matrix hold for each of its workloads."""
    loaded = load_matrix(write_all(tmp_path))

    assert loaded.name == "test"
    assert loaded.matrix.label == "test"
    assert [config.name for config in loaded.configs] == ["sizes"]
    assert list(loaded.configs[0].variants) == ["small", "base"]
    assert loaded.workloads["load"].phases.measure_ns == 2 * NS_PER_S
    assert load_workload(tmp_path / "workloads/load.yaml").phases.measure_ns == 120 * NS_PER_S


def test_a_matrix_may_pick_variants(tmp_path: Path) -> None:
    """A quick look needs no more than the ends of an axis."""
    matrix = MATRIX.replace("[sizes]", "[{config: sizes, variants: [base]}]")
    loaded = load_matrix(write_all(tmp_path, matrix=matrix))

    assert list(loaded.configs[0].variants) == ["base"]


def test_a_name_is_found_here_before_it_is_found_among_ours(tmp_path: Path) -> None:
    """A user's own small-events must win over the shipped one."""
    shipped = load_matrix("quickstart").workloads["small-events"]
    write(tmp_path, "workloads/small-events.yaml", WORKLOAD)
    own = load_matrix("quickstart").workloads["small-events"]

    assert shipped.rate_msgs_per_s == 1000
    assert own.rate_msgs_per_s == 100


def test_a_path_is_relative_to_the_matrix(tmp_path: Path) -> None:
    """A matrix with its files can be moved as a whole."""
    write(tmp_path, "far/w/own.yaml", WORKLOAD)
    write(tmp_path, "far/own-config.yml", CONFIG)
    matrix = write(
        tmp_path,
        "far/m.yaml",
        MATRIX.replace("load]", "w/own.yaml]").replace("sizes]", "own-config.yml]"),
    )

    assert list(load_matrix(matrix).workloads) == ["own"]


def test_roots_may_be_given(tmp_path: Path) -> None:
    """A test or a tool need not change its working directory."""
    write_all(tmp_path / "there")

    assert load_matrix("test", search=[tmp_path / "there"]).name == "test"


def test_a_wheel_finds_what_it_ships(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a wheel the files lie in the package, not beside it."""
    package = tmp_path / "site-packages" / "bench"
    root = lookup.shipped_root()
    for folder in ("workloads", "configs"):
        shutil.copytree(root / folder, package / "_shipped" / folder)
    monkeypatch.setattr(bench, "__file__", str(package / "__init__.py"))

    assert load_matrix("quickstart").path.is_relative_to(package)


def test_a_file_is_recognised_by_its_keys(tmp_path: Path) -> None:
    """`jetbench validate` takes files without being told what they are."""
    matrix = write_all(tmp_path)
    files = [Path("workloads/load.yaml"), Path("configs/sizes.yaml"), matrix]

    assert [(found.file, found.kind) for found in check_files(files)] == [
        ("workloads/load.yaml", "workload"),
        ("configs/sizes.yaml", "config"),
        ("configs/matrices/test.yaml", "matrix"),
    ]


def test_a_misspelt_kind_is_read_as_the_nearest(tmp_path: Path) -> None:
    """Its keys are right, and only what is wrong in them is told besides."""
    bucket = "kind: kvv\nkeys: {count: 9}\nvalue: {sizes: 99B}\nget: {rate: 5}\n"

    kind, rate = problems_of(write(tmp_path, "x.yaml", bucket))

    assert kind.endswith("did you mean 'kv'?")
    assert "get.rate = 5: needs a unit" in rate


def test_of_a_kind_near_none_nothing_else_is_told(tmp_path: Path) -> None:
    """Whose keys they are nobody knows."""
    (kind,) = problems_of(write(tmp_path, "x.yaml", "kind: zebra\npublish: {rate: 5}\nkeys: 3\n"))

    assert "kind = 'zebra': unknown; allowed: stream, " in kind


def test_a_file_of_no_kind_is_refused(tmp_path: Path) -> None:
    """A docker-compose file, say."""
    assert problems_of(write(tmp_path, "x.yaml", "services: {}\n")) == [
        "x.yaml: is neither a workload nor a config nor a matrix, nor a gate, capacity or tuning "
        "file, nor a capacity plan; allowed: a file with the key `publish`, `variants`, `axes`, "
        "`workloads`, `gates`, `workload`, `today` or `space`"
    ]


@pytest.mark.parametrize("name", ["Load.yaml", "my load.yaml", f"{'a' * 81}.yaml"])
def test_a_file_name_must_suit_a_directory(tmp_path: Path, name: str) -> None:
    """The stem becomes part of the names of directories, of HTML ids and of links."""
    (problem,) = problems_of(write(tmp_path, name, WORKLOAD))

    assert "cannot name a workload; allowed: up to 80 of a-z" in problem


def test_the_same_name_twice_is_refused(tmp_path: Path) -> None:
    """Two cells of one name could not be told apart."""
    write(tmp_path, "other/load.yaml", WORKLOAD)
    path = write_all(tmp_path, matrix=MATRIX.replace("[load]", "[load, ../../other/load.yaml]"))

    assert problems_of(path) == [
        "configs/matrices/test.yaml:2: workloads[1] = '../../other/load.yaml': "
        "names the workload 'load' again; allowed: each workload once"
    ]


def test_a_path_that_leads_nowhere_is_shown_in_the_matrix(tmp_path: Path) -> None:
    """The matrix is what has to be mended."""
    path = write_all(tmp_path, matrix=MATRIX.replace("[sizes]", "[./nowhere.yaml]"))

    assert problems_of(path) == [
        "configs/matrices/test.yaml:3: configs[0] = './nowhere.yaml': no such file"
    ]


def test_phases_of_the_matrix_must_hold_every_load(tmp_path: Path) -> None:
    """A workload of one message a minute has none in a window of two seconds."""
    path = write_all(tmp_path, workload=WORKLOAD.replace("100/s", "1/min"))

    assert problems_of(path) == [
        "configs/matrices/test.yaml:4: phases = {…}: with workload load: no message falls into "
        "the window; allowed: a higher rate"
    ]


def test_variants_are_held_against_the_workloads(tmp_path: Path) -> None:
    """A variant may be right for one consumer and wrong for three."""
    path = write_all(
        tmp_path,
        workload=WORKLOAD + "consume: {consumers: 3}\n",
        config=CONFIG.replace(
            "small: {", "small: {ack.timing: cumulative, consumer.ack_policy: all, "
        ),
    )

    assert problems_of(path) == [
        "configs/sizes.yaml:5: variants.small.consumer.ack_policy = 'all': ack_policy all is "
        "unsafe for 3 consumers: an ack of one covers messages of the others (workload load); "
        "allowed: ack_policy explicit, or consume.consumers 1"
    ]


def test_cautions_stop_nothing_and_stand_at_their_place(tmp_path: Path) -> None:
    """An overload may be just what is to be measured."""
    workload = WORKLOAD + "consume: {handler: {time: 20ms}}\n"
    loaded = load_matrix(write_all(tmp_path, workload=workload))

    assert [str(caution) for caution in cautions_of(loaded)] == [
        f"configs/sizes.yaml:{line}: variants.{name} = {value}: "
        "the load needs 2.0 workers and has 1: the lag will grow (load)"
        for line, name, value in ((5, "small", "{…}"), (6, "base", "{}"))
    ]


def test_a_config_without_problems_keeps_its_question(tmp_path: Path) -> None:
    """The report puts it above the comparison."""
    assert load_config(write(tmp_path, "c.yaml", CONFIG)).question == "How large?"


ACKS = """\
question: When?
base:
  pull: {batch: 10}
variants:
  early: {ack.timing: after-validation}
  late: {}
"""
GOALS = (
    MATRIX
    + "primary: end_to_end_p99\nsecondary: [completion_p99]\nsuccess: [p99 < 20ms, lost == 0]\n"
)


def test_a_goal_on_acks_is_a_caution_where_acks_differ(tmp_path: Path) -> None:
    """The variant that acks before its work would meet it best, and has done nothing sooner."""
    path = write_all(tmp_path, config=ACKS, matrix=GOALS)

    said = [str(caution) for caution in cautions_of(load_matrix(path))]

    why = (
        "end-to-end p99 goes by the ack, and these variants acknowledge at different moments "
        "(after-validation, after-handler): what acks sooner is not done sooner; completion "
        "compares the work"
    )
    assert said == [
        f"configs/matrices/test.yaml:7: success[0] = 'p99 < 20ms': {why}",
        f"configs/matrices/test.yaml:5: primary = 'end_to_end_p99': {why}",
    ]


def test_a_goal_on_acks_is_none_where_all_ack_alike(tmp_path: Path) -> None:
    """End-to-end is what most ask for, and mean."""
    assert cautions_of(load_matrix(write_all(tmp_path, matrix=GOALS))) == ()


def test_a_goal_on_acks_is_a_caution_where_all_ack_before_the_work(tmp_path: Path) -> None:
    """It would be met while three of four messages are never handled."""
    early = ACKS.replace("late: {}", "late: {ack.timing: after-validation, pull.batch: 20}")
    path = write_all(tmp_path, config=early, matrix=GOALS)

    said = [str(caution) for caution in cautions_of(load_matrix(path))]

    assert len(said) == 2
    assert all("comes before the handler" in caution for caution in said)
