"""Training: recipe, loop, networks and data."""
