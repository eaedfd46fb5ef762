"""What every stage shares: errors, units and names. Knows nothing of the rest."""
