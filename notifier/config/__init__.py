"""Settings from the environment and .env, read once. A bad value names its key, the value and what is right."""

from __future__ import annotations

from notifier.config.reading import load_settings, unknown_keys
from notifier.config.settings import Settings
from notifier.config.table import SETTINGS, Setting

__all__ = ["SETTINGS", "Setting", "Settings", "load_settings", "unknown_keys"]
