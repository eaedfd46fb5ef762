"""`jetbench show RUN TRIAL` tells what each process used, and of older records what they have."""

from dataclasses import replace
from pathlib import Path

from typer.testing import CliRunner

from bench.cli.verbs import app
from bench.record.schema import ProcessUsage
from tests.analysis import runs

OLD = ProcessUsage(role="consumer-0", cpu_ns=1, cpu_share=0.25, rss_bytes_peak=2**20)
NEW = replace(
    OLD, role="consumer-1", cpu_share_peak=0.5, rss_bytes_mean=2**19, in_bytes_per_s=2**10
)
UNREAD = ProcessUsage(role="consumer-2", cpu_ns=1, cpu_share=0.25, rss_bytes_peak=-1)


def test_cpu_memory_and_network_stand_side_by_side(tmp_path: Path) -> None:
    """What a version did not keep is n/a, and never 0."""
    plan = runs.plan([runs.cell("only")], blocks=1)
    store = runs.store(tmp_path / "run", plan)
    record = replace(runs.record(plan.trials[0]), processes=(OLD, NEW, UNREAD))
    store.write_trial(record, [], runs.sampled([1, 2]))

    env = {"COLUMNS": "120", "NO_COLOR": "1"}
    done = CliRunner().invoke(app, ["show", "run", "1", "--out", str(tmp_path)], env=env)

    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert "process CPU peak second mean memory peak memory network in network out" in lines
    (old,) = [line for line in lines if line.startswith("consumer-0 ")]
    (new,) = [line for line in lines if line.startswith("consumer-1 ")]
    (unread,) = [line for line in lines if line.startswith("consumer-2 ")]
    assert old == "consumer-0 25.0 % of a core n/a n/a 1.00 MiB n/a n/a"
    assert new == "consumer-1 25.0 % of a core 50.0 % 512 KiB 1.00 MiB 1.00 KiB/s n/a"
    assert unread == "consumer-2 25.0 % of a core n/a n/a n/a n/a n/a"
