"""Decides what a person types and reads; one file a command."""
