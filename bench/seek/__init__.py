"""Which rate to try next, and what was found: a search that the judging half decides (R15)."""
