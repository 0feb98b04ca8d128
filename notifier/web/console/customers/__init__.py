"""The customers: the search, and one customer's page with what may be done there."""
