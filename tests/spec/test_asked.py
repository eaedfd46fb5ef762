"""What a rule or a ranking asks for and nothing has is refused when the file is read."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from bench.core.errors import SpecError
from bench.spec.asked import has, lack
from bench.spec.decidable import undecidable
from bench.spec.gates import load_gates, phased
from bench.spec.load import LoadedMatrix, load_matrix, load_workload

PHASES = {"warmup": "1s", "measure": "120s", "drain": "1s"}
PUBLISHED: dict[str, Any] = {"payload": {"sizes": "128B"}, "phases": PHASES}
TWO: dict[str, Any] = {"consumers": {"billing": {}, "audit": {}}}
WORKLOADS: dict[str, dict[str, Any]] = {
    "stream": {"kind": "stream", "publish": {"rate": "500/s"}, **PUBLISHED},
    "orders": {"kind": "fanout", "publish": {"rate": "500/s"}, **TWO, **PUBLISHED},
    "quotes": {"kind": "request", "request": {"rate": "500/s"}, **PUBLISHED},
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A directory with a workload of each kind and a config."""
    for name, content in WORKLOADS.items():
        written(tmp_path / f"workloads/{name}.yaml", content)
    written(tmp_path / "configs/plain.yaml", {"variants": {"one": {}}})
    return tmp_path


def written(path: Path, content: dict[str, Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(content, sort_keys=False))
    return path


def matrix(root: Path, *workloads: str, **goals: Any) -> LoadedMatrix:
    """A matrix of these workloads, with these goals in its lines from the fifth on."""
    content = {"label": "m", "workloads": [*workloads], "configs": ["plain"], **goals}
    path = written(root / "configs/matrices/m.yaml", content)
    return load_matrix(path, search=[root])


@pytest.mark.parametrize(
    ("workload", "rule", "said"),
    [
        (
            "orders",
            "p99 < 5ms",
            "several parts of orders have 'end_to_end_p99'; allowed: "
            "billing.end_to_end_p99, audit.end_to_end_p99",
        ),
        (
            "orders",
            "auditt.p99 < 5ms",
            "nothing in orders has 'auditt.end_to_end_p99'; allowed: billing.end_to_end_p99, "
            "audit.end_to_end_p99; did you mean 'audit.end_to_end_p99'?",
        ),
        (
            "orders",
            "nobody.lost == 0",
            "nothing in orders has 'nobody.lost'; allowed: billing.lost, audit.lost, lost",
        ),
        ("orders", "timeouts == 0", "nothing in orders has 'timeouts'"),
        ("quotes", "p99 < 5ms", "nothing in quotes has 'end_to_end_p99'"),
        ("stream", "consume.lost == 0", "nothing in stream has 'consume.lost'; allowed: lost"),
    ],
)
def test_a_rule_about_what_no_workload_has_is_refused(
    root: Path, workload: str, rule: str, said: str
) -> None:
    """By a matrix and by a gate, at its place; it was undecided when all had been measured."""
    with pytest.raises(SpecError) as of_matrix:
        matrix(root, workload, success=["refused == 0", rule])
    gates = written(
        root / "gates.yaml", {"gates": ["refused == 0"], "workloads": {workload: [rule]}}
    )
    loaded = {workload: load_workload(root / f"workloads/{workload}.yaml")}
    with pytest.raises(SpecError) as of_gates:
        phased(loaded, load_gates(gates))

    assert f"m.yaml:8: success[1] = '{rule}': {said}" in str(of_matrix.value)
    assert f"gates.yaml:5: workloads.{workload}[0] = '{rule}': {said}" in str(of_gates.value)


@pytest.mark.parametrize(
    ("workload", "rules"),
    [
        ("orders", ["billing.p99 < 5ms", "audit.lost == 0", "lost == 0", "lag_peak < 9"]),
        ("orders", ["lag.verdict == stable", "billing.lag_slope < 9/s", "response_p99 < 5ms"]),
        ("quotes", ["response_p99 < 5ms", "timeouts == 0", "answered_rate > 1/s"]),
        ("stream", ["p99 < 5ms", "lost == 0", "consumer_cpu < 9us", "redelivered_ratio < 1%"]),
        ("stream", ["evicted <= 1%", "aged_out == 0", "rolled_up == 0"]),
        ("stream", ["overtaken <= 1%", "superseded <= 50%", "unfinished_keys == 0"]),
        ("stream", ["false_alarms == 0", "letters_missing == 0", "effects_missing == 0"]),
    ],
)
def test_what_a_workload_has_may_be_asked(root: Path, workload: str, rules: list[str]) -> None:
    """Of one part or of all, also what is told under some settings alone."""
    assert len(matrix(root, workload, success=rules).matrix.success) == len(rules)


def test_a_rule_for_all_workloads_is_read_where_one_has_it(root: Path) -> None:
    """Under the other it is a caution: it cannot be decided there."""
    loaded = matrix(root, "stream", "quotes", success=["timeouts == 0"], primary="response_p99")

    assert undecidable(loaded.matrix.success, loaded.workloads, blocks=5) == (
        "'timeouts == 0' cannot be decided under stream: it has no 'timeouts'",
    )


@pytest.mark.parametrize("goal", [{"primary": "p99"}, {"secondary": ["response_p99", "p99"]}])
def test_what_one_workload_lacks_ranks_no_variants(root: Path, goal: dict[str, Any]) -> None:
    """Nothing would be ranked by it."""
    with pytest.raises(SpecError, match="nothing in quotes has 'end_to_end_p99'"):
        matrix(root, "stream", "quotes", **goal)


def test_workloads_that_no_time_ranks_need_one_that_is_named(root: Path) -> None:
    """The answer to the criteria broke off after everything was measured."""
    with pytest.raises(SpecError, match="primary: missing: these workloads are ranked by") as found:
        matrix(root, "stream", "quotes", success=["refused == 0"])

    assert "allowed: completion_p50, completion_p99, delivery_p50" in str(found.value)
    assert matrix(root, "stream", "quotes").workloads.keys() == {"stream", "quotes"}


def test_of_no_workload_nothing_is_said(root: Path) -> None:
    """A gate file may name some that are not here."""
    assert lack("timeouts", {}) is None
    assert not has(load_workload(root / "workloads/stream.yaml"), "timeouts")
