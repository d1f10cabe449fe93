"""Heaters: what they do to their neighbours, and trimmers."""
