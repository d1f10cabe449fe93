"""Rows of a chip as netlists of their parts, in the form of gdsfactory and SAX."""
