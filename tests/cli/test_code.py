"""`tokscope code` writes onto no file of code that it reads, not even one in a folder."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Run


@pytest.mark.deep
def test_code_in_a_folder_is_kept(run: Run, write: Callable[[str, str], Path]) -> None:
    file = write("src/a.py", "x = 1\n")
    done = run("code", "bytes", "-c", f"python={file.parent}", "-o", f"csv={file}")
    assert (done.returncode, file.read_text()) == (2, "x = 1\n")
    assert "it belongs to the text" in done.stderr
