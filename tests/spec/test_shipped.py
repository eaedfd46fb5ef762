"""The files we ship are the first that a user reads and runs."""

from pathlib import Path

import pytest

from bench.plan.build import make_plan
from bench.plan.estimate import estimate
from bench.spec.load import LoadedMatrix, cautions_of, check_server, load_config, load_matrix
from bench.spec.lookup import shipped_root

ROOT = shipped_root()


@pytest.fixture(params=["quickstart", "full"])
def matrix(request: pytest.FixtureRequest) -> LoadedMatrix:
    return load_matrix(str(request.param), search=[ROOT])


def test_a_shipped_matrix_is_valid_without_a_caution(matrix: LoadedMatrix) -> None:
    """It runs on the embedded server as it stands."""
    check_server(matrix, version="2.15.1", servers=1, embedded=True)

    assert cautions_of(matrix) == ()


OF_OTHER_KINDS = {
    "kv-coherent-read",
    "kv-read-strategies",
    "request-workers",
    "kv-direct-get",
    "kv-history",
    "kv-storage",
    "projection-consistency",
    "dual-write-strategies",
    "workflow-steps",
    "command-handlers",
    "replay-max-in-flight",
    "backlog-in-flight",
    "consumer-crash",  # its base waits a shorter time for acks: else nothing recovers in a window
    "failures",  # likewise, and it remembers what it handled
    "backoff",  # likewise
    "outage",  # its base waits for attempts that fail
    "delivery-semantics",  # likewise, and its effects are written
    "bad-messages",  # its base looks at what comes
    "duplicates",  # its base remembers what it handled
    "handler-kinds",  # coroutines do the work, and those of nats-py alone
    "handler-versions",  # likewise
}
CONFIGS = sorted(ROOT.glob("configs/*.yaml"))


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_a_shipped_config_asks_a_question(path: Path) -> None:
    """A comparison without one answers none."""
    assert load_config(path).question.endswith("?")


@pytest.mark.parametrize(
    "path",
    [path for path in CONFIGS if path.stem not in OF_OTHER_KINDS],
    ids=lambda path: path.stem,
)
def test_a_shipped_config_of_streams_holds_the_shared_base(path: Path) -> None:
    """The configs share a base, so that it is measured once for all of them."""
    config = load_config(path)
    base = load_config(ROOT / "configs/pull-batch.yaml").variants["batch-50"]

    assert base in config.variants.values()


def test_the_axes_are_those_of_the_mission() -> None:
    """Batch size, max ack pending, push or pull, ack timing."""
    variants = {
        config.name: list(config.variants) for config in load_matrix("full", search=[ROOT]).configs
    }

    assert variants == {
        "pull-batch": ["batch-1", "batch-10", "batch-50", "batch-100", "batch-500"],
        "max-ack-pending": ["pending-50", "pending-200", "pending-1000", "pending-5000"],
        "push-or-pull": ["pull", "push"],
        "ack-timing": [
            "after-handler",
            "double",
            "after-validation",
            "per-batch",
            "cumulative",
            "none",
        ],
    }


def test_the_quickstart_takes_under_four_minutes() -> None:
    """Five cells a workload, each one step from the shared base, each twice."""
    plan = make_plan(load_matrix("quickstart", search=[ROOT]))

    assert len(plan.cells) == 10
    assert len(plan.trials) == 20
    assert estimate(plan).duration_s <= 240


def test_each_step_of_the_quickstart_changes_one_thing() -> None:
    """A difference in the figures must have one cause."""
    cells = make_plan(load_matrix("quickstart", search=[ROOT])).cells[:5]
    flat = [
        {(group, key): value for group, part in tree.items() for key, value in part.items()}
        for tree in (cell.settings.model_dump(exclude={"client", "disturbances"}) for cell in cells)
    ]
    base = next(f for f, cell in zip(flat, cells, strict=True) if len(cell.variants) == 4)

    changed = [[key for key in base if settings[key] != base[key]] for settings in flat]
    assert sorted(changed) == [
        [],
        [("ack", "timing")],
        [("consumer", "max_ack_pending")],
        [("consumer", "mode")],
        [("pull", "batch")],
    ]
