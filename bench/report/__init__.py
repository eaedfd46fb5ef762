"""What people read of a run: one HTML file and a summary for the terminal."""
