"""`jetbench new`: files to start from, which must be right and must say everything."""

import re
from pathlib import Path

import pytest
import yaml
from pydantic import BaseModel
from typer.testing import CliRunner

from bench.cli.verbs import app
from bench.core.errors import BenchError, ExitCode
from bench.spec import (
    grouped,
    handler,
    keyed,
    scanned,
    server_settings,
    stream_settings,
    variant,
    workload,
)
from bench.spec.capacity import CapacityFile, Range
from bench.spec.capacity_plan import CapacityPlan, Retention
from bench.spec.choose import choose_variant
from bench.spec.disturbances import Disturbance
from bench.spec.doubled import Doubling, Duplicates
from bench.spec.faults import FailureSettings
from bench.spec.gates import GateFile
from bench.spec.keys import Entities, Keys
from bench.spec.kinds import command, counter, dual_write, projection, replay, request, workflow
from bench.spec.kinds.backlog import Backlog
from bench.spec.kinds.command import Commands
from bench.spec.kinds.counter import Counting
from bench.spec.kinds.dual_write import DualWrite
from bench.spec.kinds.fanout import Fanout
from bench.spec.kinds.kv import Kv
from bench.spec.kinds.projection import Projected
from bench.spec.kinds.registry import KINDS
from bench.spec.kinds.replay import Replay
from bench.spec.kinds.request import Request
from bench.spec.kinds.schedule import Scheduling
from bench.spec.kinds.stream import FaultyConsume, Stream
from bench.spec.kinds.workflow import Workflow
from bench.spec.laid import Laying
from bench.spec.matrix import Matrix
from bench.spec.members import Member, SlowMembers
from bench.spec.outages import Outage
from bench.spec.tuning import TuningFile
from bench.spec.turned import Turned

PATHS = {
    "workload": "workloads/{}.yaml",
    "config": "configs/{}.yaml",
    "matrix": "configs/matrices/{}.yaml",
    "gate": "configs/gates/{}.yaml",
    "capacity": "configs/capacity/{}.yaml",
    "capacity-plan": "configs/capacity/plans/{}.yaml",
    "tuning": "configs/tuning/{}.yaml",
}
MODELS: dict[str, tuple[type[BaseModel], ...]] = {
    "workload": (
        Stream,
        workload.Subjects,
        workload.Payload,
        Doubling,
        Duplicates,
        FaultyConsume,
        Outage,
        handler.Handler,
        workload.Phases,
    ),
    "config": (
        variant.ConfigFile,
        variant.Settings,
        variant.StreamSettings,
        variant.ConsumerLimits,
        variant.PublishSettings,
        variant.ConsumerSettings,
        variant.PullSettings,
        variant.AckSettings,
        FailureSettings,
        variant.HandlerSettings,
        variant.RespondSettings,
        variant.BucketSettings,
        variant.ReadSettings,
        variant.WritesSettings,
        variant.ServerSettings,
        server_settings.ServerLimits,
        server_settings.BatchLimits,
        stream_settings.Republish,
        stream_settings.SubjectTransform,
    ),
    "matrix": (Matrix,),
    "gate": (GateFile,),
    "capacity": (CapacityFile, Range),
    "capacity-plan": (CapacityPlan, Retention),
    "tuning": (TuningFile, Turned),
}


OF_KINDS: dict[str, tuple[type[BaseModel], ...]] = {
    "request": (Request, request.Ask, request.Reply, workload.Subjects, workload.Payload),
    "kv": (
        Kv,
        Keys,
        keyed.Put,
        keyed.Get,
        keyed.Update,
        keyed.Create,
        keyed.KvWatch,
        grouped.Groups,
        grouped.GroupPut,
        grouped.GroupGet,
        scanned.Scan,
        workload.Payload,
    ),
    "projection": (
        Projected,
        Entities,
        projection.Events,
        projection.Project,
        keyed.Get,
        keyed.Watch,
        workload.Payload,
    ),
    "command": (Commands, Entities, command.Ask, command.Handle, handler.Handler, workload.Payload),
    "workflow": (
        Workflow,
        workflow.Begin,
        workflow.Step,
        handler.Handler,
        workload.Payload,
    ),
    "dual-write": (DualWrite, Entities, dual_write.Write, workload.Payload),
    "replay": (
        Replay,
        Laying,
        replay.Replaying,
        replay.Live,
        workload.Subjects,
        workload.Payload,
    ),
    "backlog": (Backlog, Laying, workload.Subjects, workload.Payload, workload.Consume),
    "counter": (
        Counting,
        counter.Addition,
        workload.Subjects,
        workload.Publish,
        workload.Consume,
        handler.Handler,
        workload.Phases,
    ),
    "schedule": (
        Scheduling,
        workload.Payload,
        workload.Publish,
        workload.Consume,
        handler.Handler,
        workload.Phases,
    ),
    "fanout": (Fanout, Member, SlowMembers, workload.Subjects, workload.Payload, workload.Publish),
}


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty directory of a user."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def jetbench(*words: str) -> str:
    """What the command line prints; it must end well, and have asked nothing."""
    result = CliRunner().invoke(app, list(words), input="", env={"COLUMNS": "200"})
    assert result.exit_code == 0, result.output + repr(result.exception)
    return result.output


def refused(*words: str) -> str:
    """Why the command line refuses these words."""
    result = CliRunner().invoke(app, list(words))
    assert isinstance(result.exception, BenchError), result.output
    assert result.exception.exit_code is ExitCode.USAGE
    return str(result.exception)


@pytest.mark.parametrize("kind", PATHS)
@pytest.mark.parametrize("name", ["orders", "1.5", "null", "a=b+c_d"])
def test_what_is_written_is_valid_and_says_what_to_type_next(kind: str, name: str) -> None:
    """A first file with an error in it would teach the error; a name such as `null` is a name."""
    path = PATHS[kind].format(name)

    said = jetbench("new", kind, name)

    assert said.splitlines()[:2] == [f"wrote {path}", f"next: jetbench validate {path}"]
    checked = jetbench("validate", path)
    assert "no problem found" in checked
    assert "caution" not in checked


@pytest.mark.parametrize("kind", PATHS)
def test_every_key_is_explained(kind: str) -> None:
    """Who knows the file knows what may be set: each key of the models has its line."""
    jetbench("new", kind, "orders")
    text = Path(PATHS[kind].format("orders")).read_text("utf-8")

    written = set(re.findall(r"([a-z_]+):(?:\s|$)", text))
    keys = {
        field.alias or name for model in MODELS[kind] for name, field in model.model_fields.items()
    }
    assert keys - written == set()


def defaults(kind: str) -> list[tuple[int, str]]:
    """The lines that show a key at its default, with their numbers."""
    jetbench("new", kind, "orders")
    lines = Path(PATHS[kind].format("orders")).read_text("utf-8").splitlines()
    shown = [(n, line) for n, line in enumerate(lines) if re.match(r" *# [a-z_]+: \S", line)]
    return [(n, line) for n, line in shown if "# example" not in line]


@pytest.mark.parametrize("kind", ["workload", "config", "matrix"])
def test_a_default_that_is_shown_changes_nothing(kind: str) -> None:
    """`# window: 256` must be what holds without the line, and right as it stands."""
    path = Path(PATHS[kind].format("orders"))
    shown = defaults(kind)
    lines = path.read_text("utf-8").splitlines()
    model = MODELS[kind][1 if kind == "config" else 0]

    def read(text: str) -> BaseModel:
        data = yaml.safe_load(text)
        return model.model_validate(data["base"] if kind == "config" else data)

    without = read("\n".join(lines))
    assert len(shown) >= {"workload": 7, "config": 15, "matrix": 1}[kind]
    for number, line in shown:
        taken = [*lines[:number], line.replace("# ", "", 1), *lines[number + 1 :]]
        assert read("\n".join(taken)) == without, line


@pytest.mark.parametrize("kind", OF_KINDS)
def test_a_workload_of_each_kind_is_valid_explained_and_shows_defaults(kind: str) -> None:
    """As that of a stream, which is what comes without a word."""
    path = Path("workloads/orders.yaml")

    jetbench("new", "workload", "orders", "--kind", kind)

    assert "no problem found" in jetbench("validate", str(path))
    text = path.read_text("utf-8")
    written = set(re.findall(r"([a-z_]+):(?:\s|$)", text))
    models: tuple[type[BaseModel], ...] = (*OF_KINDS[kind], Disturbance)
    keys = {f.alias or n for model in models for n, f in model.model_fields.items()}
    assert keys - written == set()
    whole = OF_KINDS[kind][0].model_validate(yaml.safe_load(text))
    for line in re.findall(r"^ *# [a-z_]+: \S.*$", text, flags=re.MULTILINE):
        if "# example" not in line:
            taken = text.replace(line, line.replace("# ", "", 1))
            assert OF_KINDS[kind][0].model_validate(yaml.safe_load(taken)) == whole, line


@pytest.mark.parametrize("kind", OF_KINDS)
@pytest.mark.parametrize("own", [True, False])
def test_files_of_one_kind_go_together(kind: str, own: bool) -> None:
    """With a workload and config of his own, and with those that are shipped."""
    for file in ("workload", "config", "matrix") if own else ("matrix",):
        jetbench("new", file, "orders", "--kind", kind)

    said = jetbench("plan", "orders")

    assert "x 5 blocks" in said
    assert "cannot be decided" not in said


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("own", [True, False])
def test_a_gate_of_each_kind_holds_its_rules_to_what_its_workload_has(kind: str, own: bool) -> None:
    """A rule of a stream would be refused: nothing in a bucket has an end-to-end time."""
    for file in ("workload", "config", "gate") if own else ("gate",):
        told = jetbench("new", file, "orders", "--kind", kind)

    said = jetbench("validate", "configs/gates/orders.yaml")

    assert "no problem found" in said
    assert "caution" not in said
    assert " vs baseline <= +10%" in Path("configs/gates/orders.yaml").read_text("utf-8")
    sides = re.search(r"--baseline-config (\S+) --candidate-config (\S+)", " ".join(told.split()))
    assert sides is not None
    before, after = map(choose_variant, sides.groups())
    assert before.variants != after.variants


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("own", [True, False])
def test_a_tuning_of_each_kind_turns_what_its_workload_uses(kind: str, own: bool) -> None:
    """And has the time to try all of it, in trials that tell what it is after."""
    for file in ("workload", "config", "tuning") if own else ("tuning",):
        jetbench("new", file, "orders", "--kind", kind)

    said = jetbench("validate", "configs/tuning/orders.yaml")

    assert "no problem found" in said
    assert "caution" not in said
    assert ", raced; a trial takes about 23.5s, so 30m00s have room for" in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("workload", "orders", "--kind", "reqest"), "did you mean 'request'?"),
        (("gate", "orders", "--kind", "reqest"), "did you mean 'request'?"),
    ],
)
def test_a_kind_that_is_none_is_refused(words: tuple[str, ...], said: str, directory: Path) -> None:
    """And nothing is written."""
    assert said in refused("new", *words)
    assert list(directory.iterdir()) == []


def test_a_matrix_crosses_what_has_its_name() -> None:
    """The third command of a beginner runs what the first two wrote, without an edit."""
    for kind in ("workload", "config", "matrix"):
        jetbench("new", kind, "orders")

    said = jetbench("plan", "orders")

    assert "orders--orders.batch-10" in said
    assert "3 cells x 5 blocks" in said
    assert "caution" not in said


def test_a_matrix_alone_crosses_what_is_shipped() -> None:
    """It must be valid without another file."""
    jetbench("new", "matrix", "mine")

    assert "small-events--pull-batch.batch-1" in jetbench("plan", "mine")


@pytest.mark.parametrize("suffix", ["yaml", "yml"])
def test_a_file_that_is_there_stays(directory: Path, suffix: str) -> None:
    """Nothing is asked, so nothing may be lost; orders.yml is the same workload."""
    kept = directory / f"workloads/orders.{suffix}"
    kept.parent.mkdir()
    kept.write_text("mine")

    said = refused("new", "workload", "orders")

    assert f"workloads/orders.{suffix}" in said
    assert kept.read_text() == "mine"
    assert [path.name for path in kept.parent.iterdir()] == [kept.name]


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("My Load", "my-load"),
        ("orders.yaml", "orders"),
        ("../orders", "orders"),
        ("ÄÖ", ""),
        ("", ""),
        ("a" * 81, "a" * 80),
    ],
)
def test_a_wrong_name_is_told_with_what_is_allowed(directory: Path, name: str, near: str) -> None:
    """And with the nearest right one; a name never leads out of its folder."""
    said = refused("new", "config", name)

    assert "cannot name a config; allowed: up to 80 of a-z" in said
    assert ("did you mean" in said) is bool(near)
    assert near in said
    assert list(directory.iterdir()) == []


def test_a_wrong_kind_is_told_with_the_nearest() -> None:
    """`gates` is what the folder is called."""
    assert refused("new", "gates", "x") == (
        "new: no kind 'gates'; allowed: workload, config, matrix, gate, capacity, "
        "capacity-plan, tuning; did you mean 'gate'?"
    )


def test_a_wrong_kind_of_schema_is_told_with_the_nearest() -> None:
    """`new` says gate, and the schema is that of the folder's name."""
    assert refused("schema", "gate") == (
        "schema: no kind 'gate'; allowed: workload, config, matrix, gates, capacity, "
        "capacity-plan, tuning, plan, environment, trial, gate-result, calibration; did you mean "
        "'gates'?"
    )


def test_a_name_that_jetbench_ships_is_said_to_stand_before_it() -> None:
    """Else `jetbench run quickstart` would run something else without a word."""
    assert "note: from here it stands before jetbench's own quickstart" in jetbench(
        "new", "matrix", "quickstart"
    )
