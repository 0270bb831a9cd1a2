"""tokscope beside the libraries alone, in one run: `python -m benchmarks`."""
