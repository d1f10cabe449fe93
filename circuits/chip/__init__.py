"""A chip: fabricated, trimmed, drifted, saved, and compiled to plain numbers."""
