"""Guides, couplers, splitters and interferometers."""
