"""The built-in workload generators, one a file."""
