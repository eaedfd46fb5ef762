"""The changes that a gate judged beside the margins that it judged them by."""

from collections.abc import Sequence

from bench.core import text
from bench.gate.markdown import change
from bench.gate.verdict import GateOutcome
from bench.report import forest, lettering, traces
from bench.report.model import Column, Entry, Plot, Row, Table
from bench.report.traces import Json
from bench.stats.compare import Verdict

ROW_PX = 34
FRAME_PX = 100
HALF_ROW = 0.36
_SYMBOLS = {
    Verdict.FAIL: ("x", 1),
    Verdict.INVALID: ("triangle-up", 4),
    Verdict.INCONCLUSIVE: ("diamond-open", 4),
    Verdict.PASS: ("circle", 0),
}
"""Shape and colour of a verdict."""


def plot(outcomes: Sequence[GateOutcome], id_: str) -> Plot | None:
    """Return the relative changes with the margins; None where no gate compares."""
    shown = [o for o in outcomes if o.relative and _interval(o) is not None]
    if not shown:
        return None
    ends = [1 + end for o in shown for end in (*(_interval(o) or ()), o.margin or 0.0)]
    labels = [lettering.for_plot(f"{o.rule}, {o.workload}") for o in shown]
    layout = traces.layout(
        forest.ratio_axis([end for end in ends if end > 0], "change of the candidate"),
        forest.line_axis(labels),
        legend=True,
        shapes=[forest.no_change(), *(_margin(o, place) for place, o in enumerate(shown))],
    )
    data = [_marks(shown, verdict) for verdict in _SYMBOLS]
    return Plot(
        id=id_,
        title="Changes and margins",
        caption=(
            "Each gate's change with its 90 % interval; the shaded bar is what its rule allows. "
            "It passes when the interval ends within the margin; it is broken when the interval "
            "excludes no change and the mark lies beyond the margin."
        ),
        document=traces.document(data, layout),
        height_px=FRAME_PX + ROW_PX * max(3, len(shown)),
        table=_table(shown, f"{id_}-table"),
    )


def _interval(outcome: GateOutcome) -> tuple[float, float, float] | None:
    if outcome.change is None or outcome.low is None or outcome.high is None:
        return None
    return outcome.low, outcome.change, outcome.high


def _margin(outcome: GateOutcome, place: int) -> Json:
    ends = sorted((1.0, 1 + (outcome.margin or 0.0)))
    return traces.band(*ends) | {
        "yref": "y",
        "y0": place - HALF_ROW,
        "y1": place + HALF_ROW,
    }


def _marks(shown: Sequence[GateOutcome], verdict: Verdict) -> Json:
    placed = [
        (place, ends)
        for place, outcome in enumerate(shown)
        if outcome.verdict is verdict and (ends := _interval(outcome)) is not None
    ]
    symbol, index = _SYMBOLS[verdict]
    colour = traces.colour(index)
    return {
        "type": "scatter",
        "mode": "markers",
        "name": str(verdict),
        "x": [1 + middle for _, (_, middle, _) in placed],
        "y": [place for place, _ in placed],
        "text": [_hover(shown[place]) for place, _ in placed],
        "hovertemplate": f"%{{text}}<extra>{verdict}</extra>",
        "marker": {"symbol": symbol, "size": 9, "color": colour},
        "showlegend": bool(placed),
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": [high - middle for _, (_, middle, high) in placed],
            "arrayminus": [middle - low for _, (low, middle, _) in placed],
            "thickness": 2,
            "width": 5,
            "color": colour,
        },
    }


def _hover(outcome: GateOutcome) -> str:
    return lettering.for_plot(f"{outcome.candidate}: {change(outcome)}", limit=80)


def _table(shown: Sequence[GateOutcome], id_: str) -> Table:
    return Table(
        id=id_,
        caption="Changes of the candidates with their 90 % intervals, and what the rules allow",
        head="Gate",
        columns=(
            Column(title="Workload", numeric=False),
            Column(title="Change"),
            Column(title="Margin"),
            Column(title="Verdict", numeric=False),
        ),
        rows=tuple(
            Row(
                names=(outcome.rule,),
                entries=(
                    Entry(text=outcome.workload),
                    Entry(text=change(outcome)),
                    Entry(
                        text=text.NA if outcome.margin is None else text.share_limit(outcome.margin)
                    ),
                    Entry(text=str(outcome.verdict)),
                ),
            )
            for outcome in shown
        ),
    )
