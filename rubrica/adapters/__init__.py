"""The reward function in the shape that each trainer calls."""
