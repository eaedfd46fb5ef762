"""What all tests share."""

from hypothesis import settings

# No test asserts a time: on two shared cores any example may take a second.
settings.register_profile("jetbench", deadline=None)
settings.load_profile("jetbench")
