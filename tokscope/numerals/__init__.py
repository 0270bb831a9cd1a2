"""Numbers as text, and where tokenizers cut them."""
