"""What tests of studies share."""

import pytest

from tokscope.studies import audit, equivalence, fidelity


@pytest.fixture(autouse=True)
def _fewer_characters(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the characters that audits and comparisons try, those below U+3100 and one of 31 above.

    Golden files and published tokenizers are tried with all of them.
    """
    every = fidelity.characters()
    near = next(place for place, char in enumerate(every) if char >= "\u3100")
    few = every[:near] + every[near::31]
    for module in (fidelity, audit, equivalence):
        monkeypatch.setattr(module, "characters", lambda: few)
