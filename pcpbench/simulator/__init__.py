"""Decides how a cell becomes a simulation in the native core, and its outcome a result."""
