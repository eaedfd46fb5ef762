"""Verdicts: from the figures of a run and rules written beforehand to pass or fail. Pure."""
