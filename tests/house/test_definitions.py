"""What a report shows is defined in docs/METRICS.md, and nothing else is."""

import ast

import pytest

from bench.spec.metrics import METRICS, Better, Metric
from tests.house.files import name, sources
from tests.house.markdown import first_column, row_of, text_of


def test_every_compared_figure_is_defined() -> None:
    """A figure that the report shows and no page defines cannot be trusted or challenged."""
    defined = first_column(text_of("docs/METRICS.md"), "## Keys of compared figures")

    assert {metric.key for metric in METRICS} == defined


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.key)
def test_every_compared_figure_is_described_as_the_catalogue_has_it(metric: Metric) -> None:
    """The page says how a rule names a figure, in which unit, and which way it improves."""
    key, short, _, unit, better = row_of(text_of("docs/METRICS.md"), metric.key)

    assert (key, short) == (f"`{metric.key}`", f"`{metric.short}`")
    assert unit == {"msgs": "messages"}.get(metric.unit, metric.unit)
    assert better == ("–" if metric.better is Better.NEITHER else metric.better)


FINDINGS = "bench.engine.findings"
"""Whoever makes one by its functions gives the code first."""


def test_every_finding_is_explained() -> None:
    """A reader who meets a code in a report looks it up in one place."""
    made = {
        code
        for path in sources()
        if name(path).startswith("bench/")
        for code in finding_codes(path.read_text(encoding="utf-8"))
    }

    assert made == first_column(text_of("docs/METRICS.md"), "## Findings")


def test_finding_codes_are_read_from_calls_keywords_and_choices() -> None:
    """A code that the search misses would stay unexplained for ever."""
    source = (
        "def _note(code, text): return Finding(code=code, text=text)\n"
        "_note('by-helper', 'text')\n"
        "Finding(code='by-keyword')\n"
        "word = 'either' if x else 'or-else'\n"
        "Finding(code=word)\n"
    )

    imported = f"from {FINDINGS} import warning\nwarning('by-import', 'text', 'role')\n"

    assert finding_codes(source) == {"by-helper", "by-keyword", "either", "or-else"}
    assert finding_codes(imported) == {"by-import"}


def finding_codes(source: str) -> set[str]:
    """Return the codes that a module gives to findings."""
    if "Finding(" not in source and FINDINGS not in source:
        return set()
    nodes = tuple(ast.walk(ast.parse(source)))
    helpers = {
        node.name: [argument.arg for argument in node.args.args].index("code")
        for node in nodes
        if isinstance(node, ast.FunctionDef)
        and any(argument.arg == "code" for argument in node.args.args)
    }
    imports = [each for each in nodes if isinstance(each, ast.ImportFrom)]
    helpers |= {n.name: 0 for each in imports if each.module == FINDINGS for n in each.names}
    given = [value for node in nodes if (value := _given_code(node, helpers)) is not None]
    names = {value.id for value in given if isinstance(value, ast.Name)}
    given += [
        node.value
        for node in nodes
        if isinstance(node, ast.Assign)
        and any(isinstance(target, ast.Name) and target.id in names for target in node.targets)
    ]
    return {
        part.value
        for value in given
        for part in ast.walk(value)
        if isinstance(part, ast.Constant) and isinstance(part.value, str)
    }


def _given_code(node: ast.AST, helpers: dict[str, int]) -> ast.expr | None:
    match node:
        case ast.keyword(arg="code", value=value):
            return value
        case ast.Call(func=ast.Name(id=function), args=arguments) if function in helpers:
            return arguments[helpers[function]]
    return None
