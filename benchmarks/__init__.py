"""Measures how fast pcpbench itself is, beside what the host's memory allows (README.md)."""
