"""Which settings a report shows beside workloads of several kinds."""

from bench.plan.build import make_plan
from bench.report.settings import common_table, fold
from bench.spec.load import load_matrix
from bench.spec.lookup import shipped_root


def shown(matrix: str) -> set[str]:
    """Return the sections of settings that are said to be the same for every variant."""
    plan = make_plan(load_matrix(matrix, search=[shipped_root()]))
    return {str(row.names[0]).split(".")[0] for row in common_table(plan).rows}


def test_only_settings_that_mean_something_under_the_workloads_are_shown() -> None:
    """A bucket is no stream of the config's, and beside it `stream.allow_direct` would mislead."""
    assert shown("kv-direct-get") == {"bucket", "client", "read"}
    assert "stream" in shown("quickstart")
    assert not {"bucket", "respond"} & shown("quickstart")


def test_so_many_settings_could_differ() -> None:
    """As many as mean something."""
    plan = make_plan(load_matrix("kv-direct-get", search=[shipped_root()]))

    assert fold(plan).note == "1 of 29"
