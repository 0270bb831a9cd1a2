"""Words with known morphemes, and how the cuts of tokenizers agree with them."""
