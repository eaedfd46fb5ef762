"""Outcomes written by hand, one of each verdict, for what writes them down."""

from bench.gate.verdict import GATE_SCHEMA_VERSION, GateOutcome, GateResult
from bench.stats.compare import Verdict

HOSTILE = "<script>alert('x')</script> & \"quotes\" | `code` *bold* [link](x)"


def _outcome(rule: str, verdict: Verdict, reason: str, **more: object) -> GateOutcome:
    return GateOutcome(
        workload="small-events",
        rule=rule,
        baseline="",
        candidate="candidate/new",
        figure="",
        metric="end_to_end_ns_p99",
        unit="ns",
        verdict=verdict,
        reason=reason,
        blocks=5,
        **more,  # type: ignore[arg-type]
    )


OUTCOMES = (
    _outcome(
        "end_to_end_p99 vs baseline <= +10%",
        Verdict.FAIL,
        "+21 %: worse",
        baseline_value=10e6,
        candidate_value=12.1e6,
        change=0.21,
        low=0.18,
        high=0.24,
        margin=0.10,
        smallest_visible=0.03,
        p=0.0001,
        p_adjusted=0.0004,
        p_by_ranks=0.06,
        p_margin=0.97,
    ),
    _outcome("server_cpu vs baseline <= +10%", Verdict.INVALID, "2 of 5 blocks invalid"),
    _outcome(
        "end_to_end_p50 < 10ms",
        Verdict.INCONCLUSIVE,
        "could be on either side",
        candidate_value=9.996e6,
        limit=10e6,
        p=0.4,
        p_adjusted=1.0,
        p_margin=0.6,
    ),
    _outcome("lost == 0", Verdict.PASS, "at most 0 in 5 valid trials"),
)


def result_of(*outcomes: GateOutcome, warnings: tuple[str, ...] = ()) -> GateResult:
    """A verdict with these outcomes, worst first."""
    return GateResult(
        schema_version=GATE_SCHEMA_VERSION,
        run_id="gate-1",
        gates_file="gates.yaml",
        description="",
        verdict=outcomes[0].verdict,
        sentence="1 of 4 goals missed.",
        quick=False,
        outcomes=outcomes,
        warnings=warnings,
    )
