"""Replay of recordings: what the allocator of a kernel preset predicts of what a kernel did."""
