"""Doors: webhooks, short links, health. No rule and no SQL."""
