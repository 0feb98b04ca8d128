"""Engines decide when, never what: triggers, processes, the end of a day's work."""
