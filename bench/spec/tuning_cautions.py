"""What may surprise in a tuning and stops nothing; and what no server of this kind can run."""

from collections.abc import Iterator

from bench.core.errors import Problem
from bench.spec.acking import misleads
from bench.spec.asked import is_counted
from bench.spec.base import MisfitError
from bench.spec.disturbed import not_ours
from bench.spec.kinds.registry import asked_of, cast_of
from bench.spec.kinds.registry import cautions_of as cautions_under
from bench.spec.pointed import laid_over
from bench.spec.servers import server_objections
from bench.spec.space import Knob, Point
from bench.spec.together import raise_any
from bench.spec.tuned_for import rules_of, undecided
from bench.spec.tuning import LoadedTuning
from bench.spec.variant import Settings
from bench.spec.yaml_tree import Loc


def cautions_of(loaded: LoadedTuning) -> tuple[Problem, ...]:
    """Return what may surprise, each at its place."""
    document, base = loaded.document, loaded.base.settings
    of_base = cautions_under(base, loaded.workload)
    found = [document.problem(("base",), f"{each.key}: {each.what}") for each in of_base]
    compared = [base, *(settings for _, settings in _each_value(loaded))]
    for loc, rule in rules_of(document.data).items():
        if why := misleads(rule.metric, compared):
            found.append(document.problem(loc, why))
        if not _is_told(loaded, rule.subject, compared):
            found.append(document.problem(loc, "nothing in this space counts it"))
    found += undecided(document, loaded.workload)
    return tuple(dict.fromkeys(found))


def _is_told(loaded: LoadedTuning, subject: str, compared: list[Settings]) -> bool:
    return any(
        is_counted(subject, cast_of(loaded.workload, settings), settings) for settings in compared
    )


def check_tuning_server(
    loaded: LoadedTuning, *, version: str, servers: int, embedded: bool
) -> None:
    """Raise SpecError where a server cannot run the base, or a value of the space.

    Args:
        loaded: the tuning.
        version: of the server, as it says itself.
        servers: members of its cluster, 1 for a single server.
        embedded: we start it and write its configuration file.
    """
    asked = asked_of(loaded.workload)
    own: Loc = ("base",)
    problems: list[Problem] = []
    of_base: set[str] = set()
    for loc, settings in [(own, loaded.base.settings), *_each_value(loaded)]:
        found = [
            *server_objections(
                settings, version=version, servers=servers, embedded=embedded, asked=asked
            ),
            *(() if embedded else not_ours(loaded.workload.disturbed_by(settings))),
        ]
        news = [each for each in found if each.what not in of_base]
        problems += (loaded.document.problem(loc, e.what, allowed=e.allowed) for e in news)
        if loc == own:
            of_base = {each.what for each in found}
    raise_any(problems)


def _each_value(loaded: LoadedTuning) -> Iterator[tuple[Loc, Settings]]:
    """Yield the base with each value of the space, by its place."""
    for knob in loaded.knobs:
        for index, value in enumerate(knob.values):
            try:
                point = Point(values=((knob.key, value),))
                yield _place(loaded, knob, index), laid_over(loaded.base.settings, point)
            except MisfitError:
                continue


def _place(loaded: LoadedTuning, knob: Knob, index: int) -> Loc:
    for loc in (("space", knob.key, index), ("space", knob.key, "values", index)):
        if loc in loaded.document.written:
            return loc
    return ("space", knob.key)
