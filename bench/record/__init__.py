"""What is kept of a run; the only package that reads and writes `results/`."""
