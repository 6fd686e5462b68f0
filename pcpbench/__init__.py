"""Benchmarks strategies for draining the Linux page allocator's per-CPU page lists."""

__version__ = "0.1.0"
