"""What our own load generator costs, measured by anyone: `jetbench selfbench`."""
