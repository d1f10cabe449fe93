"""Switches that send light one way or the other, and what drives and trims them."""
