"""The same load at another rate."""

from typing import Any, TypeVar

from bench.spec.base import MisfitError, Spec
from bench.spec.keyed import KvWatch
from bench.spec.traced import Traced
from bench.spec.workload import Phases, Publish, Workload

W = TypeVar("W", bound=Workload)
S = TypeVar("S", bound=Spec)


def offering(workload: W, msgs_per_s: float, phases: Phases, publishers: int = 1) -> W:
    """Return a workload that offers so much in all, each part its share of it as before.

    Args:
        workload: whose parts offer operations over time.
        msgs_per_s: of all parts together, above 0.
        phases: of its trials.
        publishers: at least so many processes for each part that offers.

    Raises:
        MisfitError: it offers nothing over time, or too little or too much in these phases.
    """
    if not workload.offers:
        raise MisfitError(
            "workload",
            what="offers nothing at a rate of its own: its work is laid",
            allowed="a workload with a rate",
        )
    share = msgs_per_s / workload.rate_msgs_per_s
    return _rescaled(workload, share, publishers).in_short(phases)


def _rescaled(spec: S, share: float, publishers: int) -> S:
    """Return a piece of a workload with the rates of all that it offers multiplied."""
    changes: dict[str, Any] = {}
    for name in type(spec).model_fields:
        below = getattr(spec, name)
        if isinstance(below, Spec):
            changes[name] = _rescaled(below, share, publishers)
        elif isinstance(below, tuple) and any(isinstance(each, Spec) for each in below):
            changes[name] = tuple(
                _rescaled(each, share, publishers) if isinstance(each, Spec) else each
                for each in below
            )
        elif isinstance(below, dict):
            changes[name] = {
                key: _rescaled(each, share, publishers) if isinstance(each, Spec) else each
                for key, each in below.items()
            }
    if isinstance(spec, Publish):
        changes |= _of_offer(spec, share, publishers)
    if isinstance(spec, Traced):  # what is due is dealt from it, and the rate only tells of it
        changes["speed"] = spec.speed * share
    if isinstance(spec, KvWatch) and spec.again_per_s is not None:
        changes["again_per_s"] = spec.again_per_s * share
    return spec.model_copy(update=changes)


def _of_offer(offer: Publish, share: float, publishers: int) -> dict[str, Any]:
    changes: dict[str, Any] = {
        "rate_msgs_per_s": offer.rate_msgs_per_s * share,
        "publishers": max(offer.publishers, publishers),
    }
    if offer.ramp is not None:
        start = offer.ramp.from_msgs_per_s * share
        changes["ramp"] = offer.ramp.model_copy(update={"from_msgs_per_s": start})
    return changes
