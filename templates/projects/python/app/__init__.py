"""A page with the state of the board."""
