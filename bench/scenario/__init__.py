"""One module for each kind of workload: which roles it needs on the server."""
