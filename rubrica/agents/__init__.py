"""The roles, and the graph that runs them."""
