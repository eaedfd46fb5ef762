"""The command line: one module per verb, one error boundary (`main`)."""
