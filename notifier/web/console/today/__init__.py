"""Today: how the house stands, on one screen."""
