"""The ways of sending that benchmarks/sending.py compares, each a process of its own, and what they are measured with.

A way prints "ready", waits for a line, hands its texts over, prints "done", and ends when its input is closed.
"""
