"""Integers as digits, and residues as phases."""
