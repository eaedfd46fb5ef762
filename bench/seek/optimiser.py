"""The port to Optuna: which points are worth a trial, from all that is known of others.

Its sampler (TPE) models what good points have in common, all settings together. It is built anew
from the records each time, keeps no file, and draws by the seed alone. Optuna is an extra, and slow
to load: nothing else loads it.
"""

import warnings
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING

from bench.core.errors import UsageError
from bench.seek.known import Known
from bench.spec.space import Knob, Point, Value

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution
    from optuna.study import Study
    from optuna.trial import FrozenTrial, Trial, TrialState

MOST_ASKED = 8
"""Times so many points as are wanted; what is known or not valid is asked for again."""

EXTRA = "optuna"


def require_optimiser() -> None:
    """Do nothing where the optimiser is installed.

    Raises:
        UsageError: it is not; says how it is.
    """
    if find_spec(EXTRA) is None:
        raise UsageError(
            "this space is too large to race, and searching it needs Optuna, an extra of jetbench "
            "that is not installed; install it: pip install 'jetbench[tune]'"
        )


def proposed(
    knobs: Sequence[Knob],
    known: Sequence[tuple[Known, tuple[float, ...]]],
    valid: Callable[[Point], bool],
    *,
    count: int,
    seed: int,
) -> list[Point]:
    """Return points that are worth a trial, at most so many, none of which is known.

    Args:
        knobs: of the space; one that another's conditions ask for stands before it.
        known: points, and for each objective how much worse they are than the base; those without
            a valid trial are told as failed, not as bad, and have none.
        valid: whether a point may be tried at all.
        count: wanted.
        seed: draws.
    """
    study = _study(knobs, known, seed)
    seen, found = {each.point for each, _ in known}, list[Point]()
    for _ in range(MOST_ASKED * count):
        if len(found) == count:
            break
        # What was asked for stays open, which keeps the sampler from asking for it again.
        point = _asked(knobs, study.ask())
        if point not in seen and valid(point):
            found.append(point)
        seen.add(point)
    return found


def _study(
    knobs: Sequence[Knob], known: Sequence[tuple[Known, tuple[float, ...]]], seed: int
) -> "Study":
    """Return a study that knows what is known."""
    import optuna  # noqa: PLC0415 - see the module's text

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    objectives = max((len(values) for _, values in known), default=1) or 1
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        sampler = optuna.samplers.TPESampler(
            seed=seed, n_startup_trials=0, multivariate=True, group=True
        )
    study = optuna.create_study(sampler=sampler, directions=["minimize"] * objectives)
    for each, values in known:
        if told := _told(knobs, each, values):
            study.add_trial(told)
    return study


def _told(knobs: Sequence[Knob], known: Known, values: tuple[float, ...]) -> "FrozenTrial | None":
    """Return what is known of a point; None of one that does not lie in the space, as the base."""
    import optuna  # noqa: PLC0415

    own = dict(known.point.values)
    turned = [knob for knob in knobs if knob.key in own]
    if not turned or any(own[knob.key] not in knob.values for knob in turned):
        return None
    limits = {str(place): beyond for place, beyond in enumerate(known.beyond)}
    if values:
        limits["out"] = 1.0 if known.out else 0.0
    return optuna.trial.create_trial(
        state=optuna.trial.TrialState.COMPLETE if values else _failed(),
        params={knob.key: knob.values.index(own[knob.key]) for knob in turned},
        distributions={knob.key: _drawn_from(knob) for knob in turned},
        values=values or None,
        constraints=limits if values else None,
    )


def _asked(knobs: Sequence[Knob], trial: "Trial") -> Point:
    """Return the point that a study draws."""
    values: dict[str, Value] = {}
    for knob in knobs:
        if all(values.get(key) in allowed for key, allowed in knob.when):
            values[knob.key] = knob.values[_drawn(knob, trial)]
    return Point(values=tuple(values.items()))


def _drawn(knob: Knob, trial: "Trial") -> int:
    """Return the number of a value: neighbours are alike only where there is an order."""
    if knob.ordered:
        return trial.suggest_int(knob.key, 0, len(knob.values) - 1)
    return trial.suggest_categorical(knob.key, list(range(len(knob.values))))


def _drawn_from(knob: Knob) -> "BaseDistribution":
    """Return where the number of a value is drawn from."""
    from optuna.distributions import (  # noqa: PLC0415
        CategoricalDistribution,
        IntDistribution,
    )

    if knob.ordered:
        return IntDistribution(0, len(knob.values) - 1)
    return CategoricalDistribution(tuple(range(len(knob.values))))


def _failed() -> "TrialState":
    from optuna.trial import TrialState  # noqa: PLC0415

    return TrialState.FAIL
