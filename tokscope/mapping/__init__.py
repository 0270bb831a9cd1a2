"""How the tokens of one vocabulary are made of those of another, and what a model gets by that."""
