"""Scoring kernels: numba functions over plain addresses, the same for every model.

Importing this package does not import numba; importing a kernel module does.
"""
