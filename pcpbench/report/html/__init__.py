"""Decides how a report looks in a browser: one file, without network and without scripts."""
