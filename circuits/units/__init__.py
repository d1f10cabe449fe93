"""Dot products and arrays as objects: MMU, MDPU and MMVMU."""
