"""Photonic and electronic parts: volt, metre, kelvin, bit, code.  Each part stands alone."""
