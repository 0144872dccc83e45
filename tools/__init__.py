"""Scripts that make what the repository ships: the built-in dictionary and the golden cassettes."""
