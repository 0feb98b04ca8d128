"""The steps of the way through the house. Each takes `now` and the store, may be run twice, and says what it did."""
