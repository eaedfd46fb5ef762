"""The `wire` client: the NATS client protocol in batches, so that the server is the limit.

What was measured, and why it is fast: docs/PERFORMANCE.md.
"""
