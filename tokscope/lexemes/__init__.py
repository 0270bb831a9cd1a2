"""Source code as lexemes, and how tokens cut them."""
