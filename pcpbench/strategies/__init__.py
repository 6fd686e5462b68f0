"""The built-in drain strategies, one a file."""
