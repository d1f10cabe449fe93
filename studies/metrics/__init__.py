"""What studies measure, by name."""
