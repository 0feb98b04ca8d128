"""SMS providers behind one narrow protocol."""
