"""Data to learn from: what comes with installed packages, and files of the user."""
