"""What a report shows is defined in docs/METRICS.md, and nothing else is."""

import ast

from bench.analysis.metrics import MEASURES
from tests.house.files import name, sources
from tests.house.markdown import first_column, text_of


def test_every_compared_figure_is_defined() -> None:
    """A figure that the report shows and no page defines cannot be trusted or challenged."""
    defined = first_column(text_of("docs/METRICS.md"), "## Keys of compared figures")

    assert {measure.metric.key for measure in MEASURES} == defined


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
        "code = 'either' if x else 'or-else'\n"
    )

    assert finding_codes(source) == {"by-helper", "by-keyword", "either", "or-else"}


def finding_codes(source: str) -> set[str]:
    """Return the codes that a module gives to findings."""
    if "Finding(" not in source:
        return set()
    tree = ast.parse(source)
    helpers = {
        node.name: [argument.arg for argument in node.args.args].index("code")
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        and any(argument.arg == "code" for argument in node.args.args)
    }
    return {
        part.value
        for node in ast.walk(tree)
        for value in _code_values(node, helpers)
        for part in ast.walk(value)
        if isinstance(part, ast.Constant) and isinstance(part.value, str)
    }


def _code_values(node: ast.AST, helpers: dict[str, int]) -> list[ast.expr]:
    match node:
        case ast.keyword(arg="code", value=value):
            return [value]
        case ast.Assign(targets=[ast.Name(id="code")], value=value):
            return [value]
        case ast.Call(func=ast.Name(id=function), args=arguments) if function in helpers:
            return arguments[helpers[function] : helpers[function] + 1]
    return []
