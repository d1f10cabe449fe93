"""Photodiodes, amplifiers and converters."""
