"""Skills: what to look for, in words and in structured criteria."""
