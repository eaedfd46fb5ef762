"""A small sound run with every kind of record in it, for tests that break one."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from bench.analysis.summary import summarise
from bench.gate.calibration import CALIBRATION_SCHEMA_VERSION, Calibration, Scatter
from bench.gate.files import write_calibration, write_result
from bench.gate.verdict import Sides, judge
from bench.plan.model import VariantName
from bench.record.schema import AckCheck, Finding, HostLoad, Level, ProcessUsage, Software
from bench.record.store import RunStore
from bench.spec.gates import load_gates
from tests.analysis import runs
from tests.parts import Time

RULES = "gates:\n  - p99 vs baseline <= +50%\n  - lost == 0\n"
SCALES = {"old": 1.0, "slow": 1.1}


def make(directory: Path) -> RunStore:
    """Write `results/one` with its gate.json, `results/calibration.json` and `gates.yaml`."""
    cells = [runs.cell(name) for name in SCALES]
    plan = replace(
        runs.plan(cells, blocks=3),
        question="Which?",
        baseline="pull-batch/old",
        primary="end_to_end_p99",
        secondary=("acked_rate",),
        success=("end_to_end_p99 < 1s", "lost == 0"),
    )
    store = runs.store(directory / "results" / "one", plan)
    for trial in plan.trials:
        rng = np.random.default_rng([trial.block, trial.index])
        centre_ns = 1e7 * SCALES[trial.cell_id]
        seconds = [
            (centre_ns * rng.lognormal(0, 0.1, 1000)).astype(np.int64)
            for _ in range(runs.WARMUP_S + runs.WINDOW_S)
        ]
        store.write_trial(
            replace(
                runs.record(trial, processes=_PROCESSES, findings=_FINDINGS),
                host=HostLoad(steal_share=0.0, throttled_share=-1.0),
                ack_check=AckCheck(
                    messages=9, server_ns_p50=9, ours_ns_p50=8, difference_ns_p50=1, below_zero=0
                ),
                software=Software(server_version="2.15.1", client="wire", client_version="0.1.0"),
            ),
            runs.intervals(dict.fromkeys(Time, seconds)),
            runs.sampled([10] * (runs.TOTAL_S * 10)),
        )
    rules = directory / "gates.yaml"
    rules.write_text(RULES)
    baseline = VariantName(config="pull-batch", variant="old")
    write_result(store, judge(summarise(store), load_gates(str(rules)), Sides(baseline=baseline)))
    write_calibration(directory / "results", _calibration())
    return store


_PROCESSES = (
    ProcessUsage(role="server", cpu_ns=6_000_000_000, cpu_share=0.5, rss_bytes_peak=50_000_000),
)
_FINDINGS = (Finding(level=Level.NOTE, code="window-full", text="publisher-0: 3 messages waited"),)


def _calibration() -> Calibration:
    scatter = Scatter(
        workload="small-events",
        metric="end_to_end_ns_p99",
        window_s=120.0,
        blocks=10,
        spread=0.01,
        visible_5=0.02,
        visible_10=0.01,
        margin=0.02,
        false_red=0.0,
    )
    return Calibration(
        schema_version=CALIBRATION_SCHEMA_VERSION,
        fingerprint="0123456789abcdef",
        host="nowhere",
        server_version="2.15.1",
        run_id="calibrate-20261123-170000",
        variant="pull-batch/old",
        measured_utc="2026-11-23T16:00:00+00:00",
        scatters=(scatter,),
    )
