"""The kinds of workload: each says of which parts it is made; nothing else knows them by name."""
