"""A believable shop that lives through two months on the simulator, and whose customers' true behaviour is known.

    people and past → files as a DMS exports them → import → plan → send → replies, visits, renewals → report

Everything passes through the functions a real shop uses; only the customers are made up. Since they are, what the
texts truly caused is known and can be held against what the report says.
"""
