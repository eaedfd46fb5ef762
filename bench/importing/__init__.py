"""What other benchmarks describe, turned into our own files."""
