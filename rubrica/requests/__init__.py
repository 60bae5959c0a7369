"""The questions that roles ask, with the shape of the reply."""
