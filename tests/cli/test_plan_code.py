"""How a search ends that a plan was held against: never kinder than either of them."""

import pytest

from bench.cli.planned import with_plan_code
from bench.core.errors import ExitCode
from bench.core.marks import State
from bench.judgement.outlook import Outlook


def outlook(state: State) -> Outlook:
    return Outlook(
        state=state, headline="", file="p.yaml", end="Nov 2027", months=12, ticks=(), each=()
    )


@pytest.mark.parametrize(
    ("code", "state", "ends"),
    [
        (ExitCode.OK, State.HOLDS, ExitCode.OK),
        (ExitCode.OK, State.DOUBTFUL, ExitCode.INCONCLUSIVE),
        (ExitCode.OK, State.FAILS, ExitCode.FAILED),
        (ExitCode.INCONCLUSIVE, State.FAILS, ExitCode.FAILED),
        (ExitCode.INCONCLUSIVE, State.HOLDS, ExitCode.INCONCLUSIVE),
        (ExitCode.INVALID, State.DOUBTFUL, ExitCode.INVALID),
        (ExitCode.FAILED, State.HOLDS, ExitCode.FAILED),
    ],
)
def test_the_worse_of_both_decides(code: ExitCode, state: State, ends: ExitCode) -> None:
    """A rate that surely misses fails a plan also where no lower one was confirmed."""
    assert with_plan_code(code, outlook(state)) is ends


def test_a_search_without_a_plan_ends_as_it_is() -> None:
    assert with_plan_code(ExitCode.INCONCLUSIVE, None) is ExitCode.INCONCLUSIVE
