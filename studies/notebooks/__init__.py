"""Notebooks of marimo, one for each kind of user; each is a plain file of Python."""
