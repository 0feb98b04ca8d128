"""The pure rules of the trade: no clock, no I/O, no database; what they need is an argument."""
