"""How messages travel: one batch-shaped port, one module per client behind it."""
