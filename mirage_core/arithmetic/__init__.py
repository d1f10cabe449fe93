"""Number systems of the tensor core: block floating point and residues."""
