"""Pure numbers to numbers: numpy, and nothing of tokscope."""
