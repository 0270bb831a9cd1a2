"""Count text under tokenizers, and compute measures from the counts."""
