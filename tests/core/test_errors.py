"""How what is wrong with a file is said."""

from bench.core.errors import Problem, SpecError


def test_each_problem_is_a_line_whatever_its_value_holds() -> None:
    """A block of YAML is a value of several lines."""
    problem = Problem(file="w.yaml", line=3, key="kind", value="str\neam", what="is no kind")

    assert str(problem) == "w.yaml:3: kind = str\\neam: is no kind"
    assert str(SpecError([problem, problem])).count("\n") == 2
