"""One trial: worker processes on one clock, integers into arrays, and the join of what they saw."""
