"""Kernel presets: the rules of the page allocator per release, and the sizes it computes."""
