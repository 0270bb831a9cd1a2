"""Gates: has this tokenizer changed, and is it worse? Configuration, lock, verdicts."""
