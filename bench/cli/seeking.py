"""What a search found, on the terminal."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from bench.seek.state import Sought
from bench.seek.words import headline, told_of


def print_sought(found: Sequence[Sought], console: Console) -> None:
    """Print what was found of each variant, and every rate that was tried."""
    for each in found:
        console.print(headline(each), markup=False, soft_wrap=True)
    for each in found:
        console.print(_attempts(each))


def _attempts(found: Sought) -> Table:
    table = Table("rate", "for", "trials", "", "why", title=str(found.base.variants[0]), box=None)
    for each in sorted(found.attempts, key=lambda attempt: attempt.step.rate_per_s):
        table.add_row(*told_of(each))
    return table
