"""The campaigns: the list, each one, its dry run, its runs, and the queue of those a person must release."""
