"""What tests of studies share."""

from collections.abc import Iterator

import pytest

from tokscope.equivalence import made
from tokscope.reach import fidelity, findings, probes


@pytest.fixture(autouse=True, scope="module")
def _fewer_characters() -> Iterator[None]:
    """Of the characters that audits and comparisons try, those below U+3100 and one of 31 above.

    Golden files and published tokenizers are tried with all of them. What a module makes once is
    made after this, because it has the same scope.
    """
    every = probes.characters()
    near = next(place for place, char in enumerate(every) if char >= "\u3100")
    few = every[:near] + every[near::31]
    with pytest.MonkeyPatch.context() as patched:
        for module in (fidelity, findings, made):
            patched.setattr(module, "characters", lambda: few)
        yield
