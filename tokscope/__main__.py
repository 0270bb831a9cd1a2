"""Where the program begins: `tokscope`, or `python -m tokscope`.

What takes time is imported last: the process is small when it forks, and an interrupt while much is
imported is an exit code.
"""

import atexit
import os
from importlib import import_module

from tokscope.watched import watch


def main() -> None:
    """Run the command line in a process that another one watches."""
    try:
        _fill_streams()
        watch()
        import_module("tokscope.cli").main()
    except KeyboardInterrupt:
        os._exit(130)
    except SystemExit as left:
        atexit._run_exitfuncs()
        # to take apart all that is in memory takes as long as to load a tokenizer
        os._exit(int(left.code or 0))


def _fill_streams() -> None:
    """Take the numbers of streams that were closed: no file that is opened later may have one."""
    while (spare := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(spare)


if __name__ == "__main__":
    main()
