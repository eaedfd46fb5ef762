"""What a user writes: workloads, configs and matrices, checked before anything runs."""
