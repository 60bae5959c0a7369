"""Numbers in text: a grammar of our own for quantities, expressions and equations, exact and linear in the text."""
