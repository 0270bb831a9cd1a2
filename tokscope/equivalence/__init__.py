"""Whether two tokenizers give the same ids."""
