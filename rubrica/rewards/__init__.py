"""From findings to a scalar: pure functions over values."""
