"""Notifier keeps a car dealership in touch with its customers by SMS, and says honestly what that was worth."""

__version__ = "0.1.0"
