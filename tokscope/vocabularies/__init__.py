"""What the tokens of a vocabulary are: scripts, positions, lengths, words of languages."""
