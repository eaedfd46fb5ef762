"""A space of settings, as a file of a user writes it."""

from bench.spec.space import Knob, Point, Value

__all__ = ["Knob", "Point", "Value"]
