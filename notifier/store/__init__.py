"""The database: tables, and one module of named queries a noun."""
