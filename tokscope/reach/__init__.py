"""Whether tokens can come from text, and whether text comes back."""
