"""Recordings of real kernels: reading them, and making of them what a simulation can repeat."""
