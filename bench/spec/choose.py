"""One variant, and workloads by name, without a matrix: what a gate compares, and under what."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from bench.core.errors import Problem, SpecError
from bench.core.words import nearest
from bench.spec.load import LoadedConfig, crossing_problems, load_config, load_workload
from bench.spec.lookup import find, find_named, search_roots
from bench.spec.together import attempt, raise_any
from bench.spec.workload import Workload


def choose_variant(text: str, search: Sequence[Path] | None = None) -> LoadedConfig:
    """Return the config that `text` names, with the one variant that it names.

    Args:
        text: `config/variant` or `path.yaml/variant`; the variant may be left out where the config
            has only one.
        search: directories with `configs/` for bare names; the working directory and the shipped
            files when None.

    Raises:
        SpecError: no such config or variant, or several variants to choose from.
    """
    roots = search_roots() if search is None else tuple(search)
    path, variant = _split(text, roots)
    config = load_config(path)
    names = list(config.variants)
    if not variant and len(names) == 1:
        return config
    if not variant:
        what = "has several variants"
        allowed = ", ".join(f"{text}/{name}" for name in names)
        raise SpecError([Problem(file=text, what=what, allowed=allowed)])
    if variant not in names:
        near = nearest(variant, names)
        what = f"no variant '{variant}'"
        raise SpecError([Problem(file=text, what=what, allowed=", ".join(names), nearest=near)])
    return config.only([variant])


def load_workloads(
    names: Iterable[str], search: Sequence[Path] | None = None
) -> dict[str, Workload]:
    """Return the workloads of these names or paths; SpecError with all that is wrong with them."""
    roots = search_roots() if search is None else tuple(search)
    loaded: dict[str, Workload] = {}
    problems: list[Problem] = []
    for name in names:
        path = attempt(problems, find_named, "workload", name, roots)
        workload = None if path is None else attempt(problems, load_workload, path)
        if path is not None and workload is not None:
            loaded[path.stem] = workload
    raise_any(problems)
    return loaded


def check_all(*loads: Callable[[], object]) -> None:
    """Raise SpecError with the problems of all these loads, not of the first that fails alone."""
    problems: list[Problem] = []
    for load in loads:
        attempt(problems, load)
    raise_any(problems)


def check_crossing(configs: Iterable[LoadedConfig], workloads: dict[str, Workload]) -> None:
    """Raise SpecError where a variant cannot carry a workload."""
    raise_any(problem for config in configs for problem in crossing_problems(config, workloads))


def _split(text: str, roots: Sequence[Path]) -> tuple[Path, str]:
    whole = find("config", text, beside=None, roots=roots)
    if whole is not None and whole.is_file():
        return whole, ""
    config, slash, variant = text.rpartition("/")
    if slash:
        return find_named("config", config, roots), variant
    return find_named("config", text, roots), ""
