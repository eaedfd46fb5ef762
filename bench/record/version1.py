"""Trial records of version 1: of one kind of workload, which they did not need to say."""

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter

from bench.record.reading import Json
from bench.spec import cast
from bench.spec.cast import STORED, UNSTORED, Cast, Entry, driving, observing

_CAST = TypeAdapter(Cast)
_PEAKS = {"unhandled_msgs_peak": "unhandled", "unacked_msgs_peak": "unacked"}


def upgraded(plain: Json) -> Json:
    """Return a record of version 1 as one of version 2.

    What is not as version 1 had it is left for the reader of version 2 to refuse.
    """
    acks = plain.get("acks")
    made = _cast(acks=acks is not False)
    ledger, lag = plain.get("ledger"), plain.get("own_lag")
    whole = {**plain, **_besides(ledger)}
    return {
        **{key: value for key, value in whole.items() if key not in ("acks", "own_lag")},
        "schema_version": 2,
        "cast": _CAST.dump_python(made, mode="json") if isinstance(acks, bool) else None,
        "window_counts": _only(plain.get("window_counts"), cast.instants(made)),
        "slices": _only(plain.get("slices"), cast.instants(made)),
        "ledger": _only(_with_not_sent(ledger), cast.entries(made)),
        "peaks": _only(_renamed(lag), cast.levels(made)) if lag is not None else {},
    }


def _cast(*, acks: bool) -> Cast:
    publish = driving(
        "publish",
        role="publisher",
        answered=STORED,
        fails=(*UNSTORED, Entry(name="stream_msgs", untold=True, counts="held")),
    )
    consume = observing("consume", flow=publish, role="consumer", acks=acks)
    ranked = ("end_to_end", "completion") if acks else ("completion",)
    return Cast(parts=(publish, consume), ranked=ranked, done="acked" if acks else "handled")


def _besides(ledger: Any) -> Json:  # noqa: ANN401 - anything of JSON
    """Return what stands beside the ledger now."""
    if not isinstance(ledger, dict):
        return {}
    return {key: ledger.get(key) for key in ("negative_times", "overflows")}


def _with_not_sent(ledger: Any) -> Any:  # noqa: ANN401
    if not isinstance(ledger, dict):
        return ledger
    planned, published = ledger.get("planned"), ledger.get("published")
    if not (isinstance(planned, int) and isinstance(published, int)):
        return ledger
    return {**ledger, "not_sent": planned - published}


def _renamed(lag: Any) -> Any:  # noqa: ANN401
    if not isinstance(lag, dict):
        return lag
    return {_PEAKS.get(key, key): value for key, value in lag.items()}


def _only(told: Any, known: Mapping[str, object]) -> Any:  # noqa: ANN401
    """Leave out what nothing was told of: acks, where there were none."""
    if not isinstance(told, dict):
        return told
    return {key: value for key, value in told.items() if key in known}
