"""What tests of studies share."""

import pytest

from tokscope.equivalence import made
from tokscope.reach import fidelity, findings, probes


@pytest.fixture(autouse=True)
def _fewer_characters(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the characters that audits and comparisons try, those below U+3100 and one of 31 above.

    Golden files and published tokenizers are tried with all of them.
    """
    every = probes.characters()
    near = next(place for place, char in enumerate(every) if char >= "\u3100")
    few = every[:near] + every[near::31]
    for module in (fidelity, findings, made):
        monkeypatch.setattr(module, "characters", lambda: few)
