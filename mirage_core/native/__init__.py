"""Kernels in C for products, quantisation and the screening of readouts; optional."""
