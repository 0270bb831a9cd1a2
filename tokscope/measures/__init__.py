"""Pure functions from numbers to numbers: they use numpy and nothing else of tokscope."""
