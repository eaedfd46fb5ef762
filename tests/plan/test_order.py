from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from bench.plan.order import order, trial_seed
from tests.plan.examples import cell

CELLS = [cell(1), cell(2), cell(3), cell(1, name="other"), cell(2, name="other")]


@given(blocks=st.integers(1, 20), seed=st.integers(0, 2**63 - 1))
def test_every_block_holds_every_cell_once(blocks: int, seed: int) -> None:
    """Pairs within a block are what comparisons rest on."""
    trials = order(CELLS, blocks=blocks, seed=seed)

    assert [trial.block for trial in trials] == sorted(trial.block for trial in trials)
    assert Counter((trial.block, trial.cell_id) for trial in trials) == Counter(
        (block, cell.id) for block in range(1, blocks + 1) for cell in CELLS
    )


def test_the_order_is_random_and_repeatable() -> None:
    """A fixed order would give every cell the same neighbour and the same place in a drift."""
    orders = {tuple(t.cell_id for t in order(CELLS, blocks=1, seed=seed)) for seed in range(100)}

    assert len(orders) > 60  # of 120; 100 random draws hit 68 on average
    assert order(CELLS, blocks=5, seed=9) == order(CELLS, blocks=5, seed=9)


def test_every_cell_comes_first_about_equally_often() -> None:
    """400 blocks of 5 cells: 80 each, with a standard deviation of 8."""
    trials = order(CELLS, blocks=400, seed=4)
    first = Counter(trial.cell_id for trial in trials[:: len(CELLS)])

    assert all(abs(count - 80) < 4 * 8 for count in first.values())
    assert len(first) == len(CELLS)


def test_more_blocks_leave_the_earlier_ones_as_they_were() -> None:
    """A run that is extended goes on where it stood."""
    assert order(CELLS, blocks=3, seed=9) == order(CELLS, blocks=7, seed=9)[: 3 * len(CELLS)]


def test_paired_trials_share_their_seed() -> None:
    """Cells of a workload see the same load within a block, another in the next."""
    seeds: dict[tuple[str, int], set[int]] = {}
    for trial in order(CELLS, blocks=4, seed=1):
        workload = trial.cell_id.partition("--")[0]
        seeds.setdefault((workload, trial.block), set()).add(trial.seed)

    assert all(len(found) == 1 for found in seeds.values())
    assert len(set.union(*seeds.values())) == 8


def test_a_trial_is_named_after_its_place_cell_and_block() -> None:
    """The directory of its record sorts in the order of the run."""
    first = order([CELLS[0]], blocks=2, seed=1)

    assert [trial.id for trial in first] == ["001-load--config.v1-b1", "002-load--config.v1-b2"]


def test_names_sort_in_the_order_of_the_run() -> None:
    """Also beyond 999 trials, where three digits would put 1000 before 101."""
    names = [trial.id for trial in order([CELLS[0]], blocks=1001, seed=1)]

    assert names == sorted(names)


@given(seed=st.integers(0, 2**63 - 1), block=st.integers(1, 100))
def test_seeds_survive_any_json_reader(seed: int, block: int) -> None:
    """JavaScript reads integers beyond 2**53 as other ones."""
    assert 0 <= trial_seed(seed, "load", block) < 2**53
