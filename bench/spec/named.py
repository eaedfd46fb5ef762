"""What operations of a load are addressed by: subjects or keys."""

from collections.abc import Sequence
from typing import Protocol


class Named(Protocol):
    """What operations are addressed by."""

    @property
    def names(self) -> Sequence[str]:
        """All of them."""
