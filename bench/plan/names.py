"""Finding a variant of a plan by what the user calls it."""

from bench.core.errors import UsageError
from bench.core.words import nearest
from bench.plan.model import Cell, Plan, VariantName


def find_variant(plan: Plan, text: str) -> VariantName:
    """Return the variant of this name: `config/variant`, or `variant` where only one is called so.

    Raises:
        UsageError: none or several; the nearest right word is in the text.
    """
    names = tuple(dict.fromkeys(name for cell in plan.cells for name in cell.variants))
    found = [name for name in names if text in (str(name), name.variant)]
    if len(found) == 1:
        return found[0]
    if found:
        several = ", ".join(map(str, found))
        raise UsageError(f"variant '{text}' could be any of {several}; write which")
    words = [str(name) for name in names]
    near = nearest(text, [*words, *(name.variant for name in names)])
    advice = f"; did you mean '{near}'?" if near else ""
    raise UsageError(f"no variant '{text}' in this run; it has {', '.join(words)}{advice}")


def cells_of(plan: Plan, variant: VariantName) -> dict[str, Cell]:
    """Return the cells that bear a variant's name, by workload."""
    return {cell.workload_name: cell for cell in plan.cells if variant in cell.variants}
