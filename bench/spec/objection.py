"""What is said against settings that read well and still will not do."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Objection:
    """One thing wrong with resolved settings.

    Attributes:
        key: dotted key of the setting it is about.
        against: dotted keys of the settings that it does not go with.
        what: what is wrong and why; reads without the key before it.
        allowed: what would be right; empty when the reason says it.
    """

    key: str
    against: tuple[str, ...] = ()
    what: str
    allowed: str = ""
