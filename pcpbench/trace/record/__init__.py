"""Recording the page allocator of the running kernel from tracefs."""
