"""What tests of studies share."""

from collections.abc import Iterator

import pytest

from tokscope.equivalence import made
from tokscope.numerals import drawn
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


@pytest.fixture(autouse=True, scope="module")
def _fewer_numbers() -> Iterator[None]:
    """Of the numbers that `numbers` cuts, all of up to three digits and 100 of each greater length.

    Golden files are made with all of them.
    """
    kept = (drawn.numbers_of, drawn.few, drawn.kinds_of_numbers)
    with pytest.MonkeyPatch.context() as patched:
        for name, size in {"EXHAUSTIVE": 3, "SAMPLE": 100, "FEW": 40}.items():
            patched.setattr(drawn, name, size)
        for one in kept:
            one.cache_clear()
        yield
    for one in kept:
        one.cache_clear()
