"""Run the command line: `python -m tokscope`."""

from tokscope.cli import main

main()
