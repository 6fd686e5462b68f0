"""Decides how one slow moment of a cell is explained from its events."""
