"""What this host can do, before anybody measures on it: `jetbench doctor`."""
