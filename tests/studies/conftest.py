"""What tests of studies share."""

from collections.abc import Iterator

import pytest

from tokscope.equivalence import made
from tokscope.numerals import drawn
from tokscope.reach import fidelity, findings, probes, search


@pytest.fixture(autouse=True, scope="module")
def _fewer_characters() -> Iterator[None]:
    """Of what audits and comparisons try, all characters below U+0500, all white space, one of 61.

    Of the embedded sample they search 1,000 characters of each language. Golden files are made with
    all. What a module makes once is made after this, because it has the same scope.
    """
    few = "".join(
        char
        for place, char in enumerate(probes.characters())
        if char < "\u0500" or char.isspace() or not place % 61
    )
    search.sample.cache_clear()
    with pytest.MonkeyPatch.context() as patched:
        for module in (fidelity, findings, made):
            patched.setattr(module, "characters", lambda: few)
        patched.setattr(search, "_AT_HAND", 42_000)
        yield
    search.sample.cache_clear()


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
