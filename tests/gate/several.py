"""Made-up trials of a fan-out: one consumer of all that is published, and one of a part of it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bench.analysis import comparison
from bench.analysis.figures import CellFigures, LagFigures, LagVerdict, TrialFigures
from bench.analysis.lag import over_parts
from bench.plan.model import Cell
from bench.spec.cast import entries, instants
from bench.spec.kinds.fanout import Fanout
from tests.analysis import runs
from tests.gate.figures import trial_of

FANOUT = Fanout.model_validate(
    {
        "kind": "fanout",
        "subjects": {"pattern": "orders.{event}", "values": {"event": ["created", "paid"]}},
        "payload": {"sizes": "128B"},
        "publish": {"rate": "1000/s"},
        "consumers": {"billing": {}, "audit": {"filter": "orders.paid"}},
    }
)
PLANNED = 14_000
"""Messages of a trial; `audit` is due half of them."""


def cell(name: str = "new") -> Cell:
    """A cell of two consumers."""
    return replace(runs.cell(name), workload=FANOUT)


def trial(block: int, lags: Mapping[str, LagFigures] | None = None, **counts: int) -> TrialFigures:
    """A trial in which all went well but for these counts: `audit__lost` is that of one part."""
    made = cell()
    sound = trial_of(made, block, 10.0)
    parts = made.cast
    full = dict.fromkeys(("planned", "published", "stored", "stream_msgs"), PLANNED)
    full |= {f"billing.{name}": PLANNED for name in ("received", "handled", "acked", "deliveries")}
    full |= {f"audit.{name}": PLANNED // 2 for name in ("received", "handled", "acked")}
    full |= {"audit.deliveries": PLANNED // 2, "expected": PLANNED // 2}
    told = {name.replace("__", "."): count for name, count in counts.items()}
    record = replace(
        sound.record,
        cast=parts,
        ledger={name: {**full, **told}.get(name, 0) for name in entries(parts)},
        window_counts=dict.fromkeys(instants(parts), 12_000),
        slices=None,
    )
    return replace(sound, record=record, times={}, rates={}, lag=None, lags=lags or {})


def lag(verdict: LagVerdict, share: float = 0.0, *, peak: float = 10.0) -> LagFigures:
    """A lag that moves by this share of its rate, of 1000/s."""
    sound = trial_of(cell(), 1, 10.0).lag
    assert sound is not None
    return replace(
        sound,
        peak_msgs=peak,
        verdict=verdict,
        slope_share_per_s=share,
        slope_msgs_per_s=1000 * share,
    )


def with_trials(trials: Sequence[TrialFigures]) -> CellFigures:
    """A cell with these trials."""
    return CellFigures(
        cell=cell(),
        trials=tuple(trials),
        estimates=comparison.estimates(trials),
        lag_verdict=over_parts(trials),
        times={},
        shapes={},
    )
