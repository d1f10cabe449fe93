"""Cores: matrices in, product out, in light or in a number format."""
