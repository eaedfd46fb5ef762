"""One trial after another, until the matrix is walked: each is saved as it ends."""
