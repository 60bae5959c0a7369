"""Who thinks: anything that answers requests."""
