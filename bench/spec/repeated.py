"""What is counted of messages that come again: handled once more, or known and left alone."""

from dataclasses import replace

from bench.spec.cast import Entry, Weight

HANDLED_TWICE = Entry(
    name="handled_twice",
    means="times that a message was handled beyond the first",
    weight=Weight.NOTED,
    ruled=True,
    at_most=("deliveries",),
)
"""Of a handler that counts what comes again once more."""

HELD_TO_ONCE = replace(
    HANDLED_TWICE, weight=Weight.SHORTFALL, check="What comes again has no second effect"
)
"""Of one that is to have each effect once."""

LEFT_ALONE = Entry(
    name="repeats",
    means="deliveries of what it had handled, or had in hand; they changed nothing",
    weight=Weight.NOTED,
    ruled=True,
    at_most=("deliveries",),
)
"""Of one that remembers what it handled."""
