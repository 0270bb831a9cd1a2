"""Where text and tokenizers meet: counts, and the measures that are made of them."""
