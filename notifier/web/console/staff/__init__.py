"""Those who work here: people and roles, the audit log, one's own settings."""
