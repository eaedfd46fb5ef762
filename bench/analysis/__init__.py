"""Judging: from the records of a run to figures, intervals and verdicts. Never measures."""
