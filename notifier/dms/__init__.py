"""From a dealer management system's exports to customers, vehicles, visits and renewals, with an honest account."""
